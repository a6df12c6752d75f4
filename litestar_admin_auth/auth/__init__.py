"""The request edge: who is asking, may they, and is it really our page that asks."""
