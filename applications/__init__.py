"""Applications to the programme: answers, streams, evaluations."""
