"""The addresses of signing in and of a user's own security. They come before those of the admin."""

from django.contrib import admin
from django.urls import path

from newsroom.sign_in import own_pages, views

app_name = "sign_in"
_for_staff = admin.site.admin_view

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="password"),
    path("login/code/", views.code, name="code"),
    path("login/set-up/", views.set_up, name="set_up"),
    path("password_change/", _for_staff(own_pages.change_password), name="change_password"),
    path("sessions/", _for_staff(own_pages.sessions_page), name="sessions"),
    path("second-factor/", _for_staff(own_pages.second_factor_page), name="second_factor"),
    path("second-factor/set-up/", _for_staff(own_pages.set_up), name="set_up_own"),
    path("second-factor/remove/", _for_staff(own_pages.remove), name="remove_factor"),
    path("second-factor/codes/", _for_staff(own_pages.new_codes), name="new_codes"),
]
