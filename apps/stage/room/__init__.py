"""Rooms: people who follow one lecturer's run, guess what it will show, and may steer it."""
