"""Models judged on what they did not see.

spec planning design   what is asked; season and origins; every open setting closed, every refusal made
facts power            what a form looks at, and what difference a plan can show, before the launch
backtest               fits at the start of each block, forecasts from all origins: it alone holds what came after them
conformal clock pooling  intervals from past errors, of a series or of a panel, and when these errors became known
judging scores results from points to what is kept of a series, and the values that are stored
references combination benchmarks that nobody chose; means and medians of models
losses comparison panels verdict   the question of a run and its answer, over dates and over series, in sentences
diagnosis              residuals and reliability of one model on one series
certificate            the proof that nothing looked ahead
"""
