"""The words of the one question about a submission, which has a good explanation."""

from applications.states import EvidenceKind

SEEN = (
    "Two paragraphs of this answer stand word for word in a public write-up from last year. The statement on AI tools "
    "and the rest of the answer do not mention it."
)
EVIDENCE = (
    (
        EvidenceKind.SAME_WORDS,
        "The second and third paragraph, from “The first run told us less” on. That sentence finds the write-up.",
    ),
    (EvidenceKind.DETECTOR, "A detector gives 84 %. It is noted here and proves nothing by itself."),
)
ANSWER = (
    "That write-up is mine. I published it with a student group under the name of the group, which is why my name is "
    "not on the page.\n\nI should have said that I reused two paragraphs of it. The repository of the group has the "
    "drafts with dates; the commit of 14 March is the one with these words, and it is made with the address that I "
    "applied with."
)
REASON = (
    "We looked at the repository. The drafts are older than the write-up and come from the same author. Reusing one's "
    "own text is allowed in this task."
)
#: What an applicant asks to have put right in an answer.
WRONG = "The year in my first example"
RIGHT = (
    "The work that I describe first was finished in November 2024, not in November 2023.\n\n"
    "Nothing else in this answer changes."
)
WHY_WRONG = "I mixed the year up with that of the workshop. The file of my report has the date on its first page."
PUT_RIGHT = "The date stands so in your report. Your correction now stands beside the answer, and its readers are told."
