"""Wires the product together: settings, URLs, servers, the timetable. Holds no behaviour of its own."""
