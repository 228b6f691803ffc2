"""Builder of the bundled demo data set: the countries of the world as two knowledge graphs."""
