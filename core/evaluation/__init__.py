"""Models judged on what they did not see: rolling origins, conformal intervals, scores, certificate."""
