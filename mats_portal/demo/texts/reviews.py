"""What reviewers and mentors write."""

#: One sentence for the applicant, by how well the reader thought of the application.
PUBLIC = {
    "high": (
        "The example of a result you did not expect is told so that a reader can check each step; build on that.",
        "You say what would change your mind and when, which made the plan easy to trust.",
        "The clearest part is the account of your own share in the work.",
        "Your project is small enough to be finished, and you show how you would notice a failure.",
        "You describe the limits of what you built as plainly as the result.",
        "The reasons you give are your own, and they lead to the work you propose.",
    ),
    "middle": (
        "The idea is good; say which single measurement would decide it.",
        "Your evidence is solid, and the link to the risk you describe could be stated in one sentence.",
        "Choose one of the three examples and go deeper: the second was the strongest.",
        "A reader cannot tell your part from the team's; name it.",
        "The plan would gain from a first step that can fail within two weeks.",
        "You know the literature well; add where you disagree with it.",
    ),
    "low": (
        "The answers stay general; one concrete case with numbers would help a reader.",
        "Describe something that you finished, however small, and how you checked it.",
        "The motivation is clear, and the application does not yet show work of the kind this track does.",
        "The experiment as described has no control; this is worth learning before anything else.",
        "Write for a reader who knows nothing of the organisation you name.",
        "The text repeats the question; use the space for what you did.",
    ),
}
#: What a track lead makes of a sentence, with the meaning that its reader gave it.
REWORDED = (
    "Say in one sentence what you would measure first, and what result would stop the plan.",
    "The account of your own share is clear; add what did not work and what you changed then.",
    "One concrete case with its numbers would show more than the list of topics.",
)
REWORDED_WHY = "Said more exactly; the reader’s point is the same."
#: For the other readers and the track lead alone.
NOTES = (
    "Strong on execution, less sure about direction.",
    "Would benefit from a mentor with much time.",
    "I read this one after a long list of similar ones; compare with the second reader.",
    "",
    "The evidence is better than the writing.",
    "The writing is better than the evidence.",
    "",
    "Unusual route, which I count in favour.",
    "Could also fit another track.",
    "",
)
#: Why a track lead decided otherwise than the rule.
REASONS = (
    "Both readers name the same strength and differ on one criterion only.",
    "A third reading has been asked for; the first two differ by more than a point.",
    "The evaluation is far better than the written answers suggest.",
    "Few readers could judge the field; the lead has read it again.",
)
#: A mentor's private remark on a rank list.
RANK_NOTES = (
    "Could start at once.",
    "Best project idea of the list.",
    "Ask about time in October.",
    "",
    "",
    "",
    "Would pair well with the second.",
    "Strong on methods.",
    "Less experience, very clear thinking.",
    "",
)
#: Why somebody declines an offer.
DECLINE_REASONS = ("I have accepted another position.", "My family situation has changed.", "")
#: Why somebody does not go on at the screen.
SCREEN_REASONS = (
    "Answers are general; no finished work is described.",
    "Wants to publish; gives no reason from risk.",
    "Not available for most of the programme.",
    "The work described belongs to another track.",
    "The track questions are answered in a sentence each.",
    "No sign of the methods that this track uses.",
)
#: What a grader would ask about work that was handed in, for an interview.
FOLLOW_UPS = (
    "Which part of this did you throw away first, and what did it cost you?",
    "You say that the second reading of the evidence is weaker. What would have to be true for it to win?",
    "If you had half the time, which step would you leave out, and what would you then no longer claim?",
    "Where did you look for the opposite of what you found?",
    "The number in the last paragraph: how did you get from the source to it?",
    "Who would disagree with this most, and what would they say first?",
    "Take your own conclusion away: which of your observations would still stand?",
    "What did you try that did not make it into the text?",
)
