"""The geometry of the pages' pictures: pure functions that give templates their numbers."""
