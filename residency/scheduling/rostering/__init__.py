"""General rostering instances in the plain-text format of Curtois and Qu: read, solved, judged."""
