"""Schedules in the site's time zone: shifts, holidays, and the working-day exchanges of China's calendar."""
