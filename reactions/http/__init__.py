"""The requests of readers and programs: the fast path, the API views, the form, the widget."""
