"""The domain of a residency scheduler: pure calculations and the store behind them."""
