"""What gathers from every app: dashboards, the console, the phases of the calendar, the catalogue's import."""
