"""The ways to make one model of many. Pure Python: looked up early."""

PROBABILITIES, SOUP, GREEDY = "probabilities", "soup", "greedy"
WAYS = {
    PROBABILITIES: "the mean of what they say, at the price of all of them",
    SOUP: "the mean of their weights, at the price of one",
    GREEDY: "the same of those that make it no worse, the best first",
}
