"""The general application."""

INSTITUTIONS = (
    "University of Lisbon", "a hospital trust in the north of England", "Independent", "a small software firm",
    "Technical University of Graz", "a ministry of health", "Between things", "a regional electricity company",
    "University of Nairobi", "a bank's model-validation team", "Institute for Applied Statistics", "a games studio",
    "a public library network", "National University of Colombia", "an insurance start-up", "a school, teaching physics",
    "University of Warsaw", "a logistics company", "a research council", "an open-source foundation",
)
DEGREES = (
    "BSc mathematics", "MSc computer science", "BA philosophy", "PhD physics, unfinished", "LLB", "MSc epidemiology",
    "BEng electrical engineering", "MA economics", "BSc biochemistry, MSc statistics", "Diploma in nursing", "None",
)
PRONOUNS = ("she/her", "he/him", "they/them")
AVAILABILITY_NOTES = (
    "I have to be at home on the last weekend of October.", "My notice period ends on 18 September.",
    "I can travel to either place, London is easier.", "School holidays in October make two days difficult.",
    "I would need to know by the middle of August to give up my room.", "Nothing.",
)
LINKS = (
    ("replication", "A replication of a small oversight experiment; look at the table of runs that failed."),
    ("notes", "Notes from a reading group that I ran; the third one changed what I work on."),
    ("tool", "A small tool for comparing runs; the tests say what I think it should do."),
    ("report", "A report for a public body. My part is the section on costs."),
    ("proof", "A short proof with a picture. I wrote it to understand it."),
    ("dashboard", "A dashboard that our clinic still uses; the commit history shows what we got wrong first."),
    ("essay", "An essay on how rules are enforced; the comments under it are better than the essay."),
    ("prototype", "A prototype built for 60 euros, with the measurements."),
)

#: For a question that the fragments do not know.
ANYTHING = (
    (
        "I would start from the smallest version that could be wrong.", "I have thought about this for {weeks}.",
        "My first answer to this changed after {person} objected.", "I know one side of this better than the other.",
    ),
    (
        "What I would do first is write down what would count as a failure.",
        "The part I trust least is the one I measured least, so I would go there first.",
        "I would ask the people who have to live with the result before building anything.",
        "I would take {few} cases that I already understand and see whether the idea survives them.",
    ),
    (
        "If that did not work within {weeks}, I would say so and stop.",
        "I would rather have a small result that holds than a large one that I cannot check.",
        "I would show the intermediate steps to somebody who wants me to be wrong.",
        "The rest depends on what we find there.",
    ),
)

ANSWERS = {
    "motivation_risk": (
        (
            "I worry less about a machine that wants something strange than about a thousand small hand-overs of judgement that nobody decided on.",
            "What goes wrong, I think, is ordinary: a system is put in charge of something because it is cheaper, and the people who could have noticed the error are no longer employed.",
            "My main fear is that capabilities arrive faster than the means to check what a system is doing, and that checking is then called a delay.",
            "I think the dangerous case is a model that behaves well exactly as long as it is watched, and that we have no honest measure of how often this happens.",
            "I expect misuse before misalignment, and I expect it to come from people with ordinary motives and a new kind of leverage.",
            "The risk I take most seriously is a race in which each party is careful and the sum of them is not.",
            "For a long time I thought of this as a problem for other people. Then I watched a system at work be trusted because its output was fluent.",
            "I think we may lose the ability to tell whether our tools are honest, and that this is worse than any single accident.",
            "I am worried by concentration: a few organisations will know what these systems can do, and everybody else will find out from the consequences.",
            "The failure I imagine is boring. Evaluations pass, the deployment is signed off, and the thing that was measured was not the thing that mattered.",
            "I started from biology, where one careless release can undo years of careful ones, and I see the same shape here.",
            "I do not know how likely the worst outcomes are. I find that nobody I trust can tell me either, and that is reason enough to work on it.",
            "I believe that most of the risk comes from systems acting over days without anybody reading what they did.",
            "What troubles me is that the evidence we have about these systems is mostly produced by the people who sell them.",
        ),
        (
            "I came to this {when}, when a model I had tested for {weeks} turned out to be answering a different question from the one I asked.",
            "In my last job I wrote the check that everybody relied on, and I was the only one who knew how weak it was.",
            "I spent {weeks} trying to show that a friend's worry was exaggerated, and ended up sharing it.",
            "I have read a good part of the literature and disagree with much of it, which is why I want to work on it and not only read.",
            "A reading group in {city} got me started; running one later showed me how little I could explain.",
            "I worked on safety in another field, where the rules were written after the accidents. I would like some of them to be written before.",
            "I left a comfortable position because I kept finding reasons to read about this at night.",
            "My first project on this failed: {few} runs, no effect, and a bug in the one that looked good. I learned more from it than from my thesis.",
            "I teach, and I have seen in one year how quickly people stop checking an answer that sounds right.",
            "I have worked with regulators and with engineers, and each of them thought that the other had the matter in hand.",
            "I am new to the field and not to the problem: in aviation we spent {weeks} on one near miss.",
            "I did a course on the basics, then two small projects {team}, and would now like to find out whether I am any good at it.",
        ),
        (
            "This kind of work helps because it turns an argument into something that can be checked by a person who does not agree.",
            "I think ten weeks are enough for one honest result, even a negative one, and the field has too few of those.",
            "I do not expect to solve it. I expect to remove one excuse for not looking.",
            "I would like to work where a wrong answer is noticed within a week and not within a decade.",
            "It helps if more people know how to do this who are not employed by the companies in question.",
            "I believe that good measurements change what people in a room can say, and I have seen that happen once.",
            "The research I care about is the kind that somebody has to act on, whether it is comfortable or not.",
            "I would rather help to build the second line of defence than argue about the first.",
            "If I am wrong about the risk, the work will still have made some systems easier to understand.",
            "Nobody can do this part alone, which is the reason for applying and not only reading on.",
        ),
    ),
    "motivation_growth": (
        (
            "I want to be able to design an experiment whose negative result I would believe.",
            "I would like to learn to tell within a week whether a question is answerable.",
            "I can build things, and I want to learn to choose what to build.",
            "I write clearly and think slowly; I want the second to get better without losing the first.",
            "I want to work at the pace of people who do this every day, and to find out where I hold them up.",
            "I know my own field well and this one by reading only. I want to close that gap under supervision.",
            "I want to learn how to be wrong in front of others earlier.",
            "I have never finished a project that was longer than {weeks} on my own question. I want to do that once.",
        ),
        (
            "Concretely: to run {many} small experiments with a record that somebody else can follow.",
            "After it I would like to be able to review the work of others in this area and be useful to them.",
            "I would also like to know whether I should do a doctorate, and ten weeks of real work seem the honest test.",
            "A mentor could help me most by telling me which of my ideas are old.",
            "I need practice in cutting a project down to what can be known by Friday.",
            "What I lack is feedback from people who have seen {many} such projects.",
            "At home there is nobody who works on this, so I have had to be my own critic, and I am a lenient one.",
        ),
    ),
    "evidence_built": (
        (
            "{team_cap}, I built a harness that runs the same prompt set against {few} models every night and reports what changed.",
            "I ran the statistics for a trial in {city}: {many} sites, one of which reported data that were too good.",
            "I wrote a scheduler that is used in {few} hospitals. The interesting part was finding out why nurses worked around it.",
            "I organised a course with {many} participants, of whom {few} now work in the field.",
            "I reproduced a published result on small models in {weeks} and could not get the headline number; the authors agreed on the reason.",
            "I maintain a library for reading instrument data with about {many} users, most of whom I know by their bug reports.",
            "I wrote an incident report that was read by a minister, and the {few} drafts before it that were not.",
            "I proved a small lemma about partial observability that turned out to be known, in a way that was not.",
            "I built an air-quality logger from parts for 60 euros and ran it in {few} classrooms for {weeks}.",
            "I led the migration of a payment system with no downtime and {few} very long nights.",
            "I collected {many} forecasts from colleagues about our own deadlines and published how wrong we all were.",
            "I started a student group in {city} that lasted longer than my time there.",
            "I found and reported a fault in a widely used parser, and wrote the test that would have caught it.",
            "I translated a safety standard into plain language for a workshop of {many} technicians.",
        ),
        (
            "My own part was the design and about half of the code; the other half I reviewed.",
            "I did the first version alone and the second one properly, with tests.",
            "I was responsible for the decision to stop after {weeks}, which I still think was right.",
            "The result was smaller than I had hoped and has held since.",
            "Looking back, I would have asked users {weeks} earlier.",
            "What I am proud of is the page that says what it cannot do.",
            "It is still running, maintained by somebody else, which I count as the best outcome.",
            "I wrote down everything that failed, and that document has been read more often than the result.",
        ),
        (
            "A second thing: I kept a public notebook for {weeks}, one entry a day, mistakes included.",
            "Besides that I have tutored {many} people in programming.",
            "I also repaired, with {person}, the analysis that our group had relied on for a year.",
            "I have also finished {few} smaller projects, of which one was useful to somebody else.",
            "Nothing else of mine is finished; I prefer to say so.",
            "",
        ),
    ),
    "evidence_feedback": (
        (
            "{person_cap} asked me what I would conclude if the numbers were reversed, and I had an explanation ready for that too.",
            "I was sure that the effect was real until {person} re-ran it with another seed.",
            "I argued for {weeks} that we needed more data. {person_cap} showed me that we needed a better question.",
            "A user I was certain to have helped had quietly gone back to the old way after {few} days.",
            "I had planned a talk around a figure whose axis I had misread.",
            "My first draft on this topic was called confident and unfounded by {person}, with page numbers.",
            "I believed that documentation was the problem. {few} interviews said that it was trust.",
        ),
        (
            "Since then I write down beforehand what I would accept as a no.",
            "I took the claim back in the same channel in which I had made it, and the work got better.",
            "I now ask somebody to argue the other side before I show a result.",
            "I threw away {weeks} of work and kept the test, which was the useful part.",
            "Afterwards I changed the order: first the check, then the claim.",
            "I have since tried to be the person who asks that question for others.",
        ),
    ),
    "safety_experience": (
        (
            "A reading group for {weeks}, first as a member, then leading it.",
            "An online course on the basics and one small project afterwards.",
            "None that I would call experience; I have read and discussed.",
            "A short contract on evaluations, {few} of which are in use.",
            "I attended {few} workshops and presented at one.",
            "I have followed the policy side for a year and written {few} short notes.",
        ),
        (
            "I mention it because it taught me what I do not know.", "I can show the notes.",
            "It convinced me that I would rather measure than argue.", "It is not much, and I would like it to become more.",
        ),
    ),
    "ai_use_statement": (
        (
            "I used no AI tools.", "I used a model to find typing errors and took {few} of its suggestions.",
            "I asked a model to argue against my project idea and kept one of its objections.",
            "I used a model to shorten two answers and then rewrote them, because they no longer sounded like me.",
            "English is my third language; I let a model correct grammar, not content.",
            "For the code I mention I used completion tools; for these texts I did not.",
            "I drafted by hand, then asked for the weakest sentence in each answer and removed it.",
        ),
        ("All claims and examples are my own.", "The ideas are mine.", "Nothing here was written by it as a whole.", ""),
    ),
}
