"""How good a forecast is: pure functions from arrays to one number, and what a person is told of each."""
