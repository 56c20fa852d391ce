"""Track questions."""

ANSWERS = {
    "empirical_experiment": (
        (
            "I fine-tuned a small model to refuse one kind of request and found that it had become more willing to do {few} others.",
            "We expected the larger of two models to be the better judge. On our {many} pairs it was worse, because it preferred longer answers.",
            "I tried to detect a planted behaviour with a linear probe. The probe was excellent, and it had learned the length of the prompt.",
            "I measured how often a model admits a mistake. The rate doubled when I changed one polite word in the question.",
            "We compared {few} ways of monitoring an agent. The simplest one won, which nobody in the group had put money on.",
            "I ablated the heads that we believed to carry the effect. The effect stayed, {percent} percent smaller.",
            "A control condition that I had added out of duty showed the same result as the treatment.",
        ),
        (
            "I spent {hours} looking for a bug before I believed it.",
            "I repeated it with {few} seeds and a second data set; it held in one of them.",
            "First I checked the loader, then the metric, then my own expectation, in that order, and the last was the culprit.",
            "I asked {person} to predict the result before seeing it, and they were as wrong as I was.",
            "I cut the set-up down until {many} lines were left, and there it was.",
        ),
        (
            "In the end I wrote it up as a negative result, which is the most useful thing I have made.",
            "It taught me to build the dullest baseline first.",
            "I still do not have a good explanation, and I say so in the notes.",
            "The next version of the experiment took a tenth of the time.",
            "I would now preregister it, even if only for myself.",
        ),
    ),
    "empirical_python": (
        (
            "Without tools I write slowly and can say what each line does. I learned on a machine without a network.",
            "I have written Python for {few} years, most of it data handling and training loops.",
            "I am comfortable with the usual libraries and can read their source when they surprise me.",
            "My Python is that of a scientist: correct, tested where it mattered, not always pretty.",
            "I come from lower-level languages, and my Python got better when I stopped writing it like them.",
        ),
        (
            "With AI tools I am perhaps twice as fast at plumbing and no faster at deciding what to measure.",
            "I let a model write the first version of anything I could check in a minute, and nothing else.",
            "I use completion for boilerplate and turn it off for the metric: that is where a plausible line costs {weeks}.",
            "I ask for tests first, read them, and only then for code.",
            "I once accepted a suggested default that changed a result by {percent} percent; since then I read every diff.",
        ),
        (
            "A typical loop from idea to plot takes me {hours}.",
            "I keep runs small until the code has been wrong at least once.",
            "Everything that I would show to others can be run again with one command.",
        ),
    ),
    "empirical_risk": (
        (
            "A measure of how much a model's behaviour changes when it believes that nobody is looking, with an error bar that holds for the next model too.",
            "Evidence on whether a monitor that is {few} generations older can still catch a deliberate sabotage.",
            "A demonstration, in a model people actually use, that training against a detector teaches it to hide.",
            "A reliable way to tell sandbagging from inability.",
            "Knowing whether interpretability tools find a planted goal when the planter tries to hide it.",
            "A clear negative result on one popular safety method, so that nobody signs off a deployment because of it.",
        ),
        (
            "That one because decisions are already being made as if we had it.",
            "Others may matter more in the end, but this one can be had within a year with modest compute.",
            "It would change what a cautious developer has to do before a release, and it would do so in numbers.",
            "If it came out badly, I believe that several plans would have to be rewritten, and that would be worth knowing.",
            "It is cheap to run and expensive to ignore.",
        ),
    ),
    "strategy_judgement": (
        (
            "Some time ago I wrote down that a rule would be delayed by at least half a year, at 80 percent. It was delayed by five months, and I count that as wrong.",
            "I forecast the price of a component for our team each quarter for {few} years. My errors were all on one side.",
            "I gave 30 percent to a benchmark being passed within a year. It was passed in four months.",
            "I predicted that a merger would be called off and was right for a reason that had nothing to do with my argument.",
            "I kept {many} forecasts about my own projects. At 90 percent I was right 71 percent of the time.",
        ),
        (
            "What I had missed was that the people involved knew something about the deadline that was not public.",
            "I updated by widening everything that depends on one company's plans.",
            "Since then I begin with the base rate, write it down, and have to justify each step away from it.",
            "The lesson was about correlation: three of my forecasts were one forecast in disguise.",
            "I scored them all, and the score got better when I stopped forecasting what I wanted to happen.",
        ),
        ("The list is public, including the embarrassing ones.", "I would make the same bet again, smaller.", ""),
    ),
    "strategy_question": (
        (
            "Question: could a second state catch up within a year if the first one's weights were stolen? I would ask separately about compute, about tacit knowledge, and about what the thief can serve to users.",
            "Question: will the cost of running an agent for a day fall below a day's wage, and for which jobs first? The parts are price, reliability, and who carries the blame.",
            "Question: how long is the warning between a capability in a laboratory and its first harmful use? Past cases, detection, and incentives to report can each be looked at.",
            "Question: would a pause of half a year change anything? I would split it into what continues anyway, who would verify it, and what the time would be used for.",
            "Question: how much of progress comes from compute that can be counted? Chips sold, chips used, and the share used for training are three different data sets.",
        ),
        (
            "The first part can be answered from public data with an error of perhaps a factor of two.",
            "The second part needs {few} interviews with people who have done it and no modelling at all.",
            "I would not expect a number for the last part, only a list of things that would have to be true.",
            "For each part I would name somebody who would disagree and ask them what they would accept.",
            "The parts are not independent, and I would say how they hang together before multiplying anything.",
        ),
        (
            "If only one could be done, I would do the one whose answer changes a decision.",
            "I would publish the weak part first.",
            "Most of the work is in the definitions.",
        ),
    ),
    "policy_instrument": (
        (
            "Export licences for dual-use goods: they work for shipments that look like shipments, and fail for know-how that leaves in somebody's head.",
            "Clinical trial registration. On paper every trial is registered before it starts; in practice, registration on the last day is common and nobody is fined.",
            "The duty to report serious incidents in aviation. It holds because reporting protects the reporter, which is the part that is usually left out when it is copied.",
            "Environmental permits in my region: the limit is enforced at the chimney and measured on days that are announced.",
            "A procurement standard that I helped to apply. It asked for a document, so a market for documents came into being.",
            "Peer review of safety cases in rail. It fails slowly, when the reviewers have all worked for the same {few} firms.",
        ),
        (
            "The first to notice is the inspector on the ground, who has no form for it.",
            "Insurers would notice first, because they pay before anybody asks.",
            "Local journalists notice, about a year before the authority does.",
            "A junior official notices and has {few} good reasons to say nothing.",
            "The operators know at once; the question is who they could tell without being blamed.",
        ),
        (
            "For frontier AI I take from it that the reporting channel matters more than the threshold.",
            "I would copy the incentive and not the form.",
            "It makes me cautious about any regime that counts on self-description.",
        ),
    ),
    "policy_brief": (
        (
            "Ask the {few} companies in your country that train large models for one page each: what would make you stop a deployment, and who decides.",
            "Fund two people in your own office who can read an evaluation report, before you pay anybody to write more of them.",
            "Make reporting of serious incidents safe for the person who reports, for one year, and see what arrives.",
            "Write into your own contracts that a supplier must tell you when the model behind a service changes.",
            "Give one existing inspector the right to ask for logs, and a phone number to call when they are refused.",
        ),
        (
            "It costs a letter and the patience to read the answers.",
            "It costs two salaries and the annoyance of a larger ministry.",
            "It costs you the pleasant story that everything is in hand.",
            "The price is some friction with suppliers, who will say that nobody else asks.",
            "It costs little now and much in {few} years, if it turns out that nobody asked.",
        ),
        (
            "You will know by the end of the year whether it was worth it.",
            "Do not announce it; do it.",
            "The measure is reversible, which is its best property.",
        ),
    ),
    "security_breakage": (
        (
            "I hardened the build pipeline of a company with {many} engineers and found that any intern could sign a release.",
            "I broke our own staging environment by following its documentation.",
            "During an outage of {hours} I assumed that the attacker was outside. The account was a contractor's, and so was the laptop.",
            "I escaped from a sandbox that I had written myself, through the one directory I had shared for convenience.",
            "I found {few} ways to read another tenant's data in a product we had just bought.",
            "I kept a university's mail running through a night of credential stuffing, with a spreadsheet and two colleagues.",
        ),
        (
            "My wrong assumption was that logs are written by the system they describe.",
            "I had assumed that the rule everybody quoted was also configured somewhere.",
            "I believed in the network diagram.",
            "I assumed that the person who reported it had understood it, and lost {hours}.",
            "What I got wrong was time: I thought that they had just arrived, and they had been there for {weeks}.",
        ),
        (
            "Afterwards I wrote the check that would have caught it, and it has fired twice.",
            "The repair was three lines; getting it deployed took {weeks}.",
            "I now begin with who can change what, and only then look for bugs.",
        ),
    ),
    "security_threat": (
        (
            "A patient insider with ordinary access to checkpoints, because every control that I have seen is built against haste.",
            "The evaluation environment itself: a model that can write to it can change its own marks.",
            "Slow exfiltration through telemetry that nobody reads and everybody exports.",
            "A dependency of the serving stack, compromised {weeks} before anybody uses it.",
            "Agents with shell access that were given to researchers for convenience and never taken away.",
        ),
        (
            "I would first test whether anybody notices {percent} percent more traffic spread over a month.",
            "I would test the boring path first: can a new employee copy a file to a place they control on their first day?",
            "I would plant {few} canaries and see how long they live.",
            "First I would ask who can approve an exception, and count how many were approved.",
            "I would rebuild the environment from its description and list everything that the description forgot.",
        ),
        ("That is cheap, and the answer is usually uncomfortable.", "If it goes well I would gladly be bored.", ""),
    ),
    "bio_depth": (
        (
            "Biology: {few} years at the bench with sequencing, then data analysis because nobody else wanted to do it.",
            "Machine learning. I know the biology of proteins at the level of somebody who has trained models on them and been corrected by people who make them.",
            "Engineering of buildings and air. I know filters, fans, and how people block vents.",
            "Between the two: I can read a methods section and a loss curve, and have been wrong about both.",
            "Public health: I ran the surveillance of one disease in one district for {weeks}.",
            "Biochemistry, with a thesis on enzymes that were never going to be dangerous to anybody.",
        ),
        (
            "What I would need from others is the other half, and I know which half that is.",
            "I can do my own statistics and prefer not to be the only one who checks them.",
            "I have worked with people from the other side for {few} years and speak their language with an accent.",
            "My weak spot is everything below the cell membrane.",
        ),
        (
            "I would like to put it to use in months, not in a decade.",
            "In this track I would look for the place where a modest model saves a week of a careful person.",
            "I can work in a laboratory and would rather not have to.",
        ),
    ),
    "bio_judgement": (
        (
            "A student asked me for a protocol that is published, in {few} pieces, in {few} places. I did not put the pieces together for them.",
            "We found a gap in a screening list while testing something else. I wrote to the list's owner before I told my own group.",
            "I once described a failure mode in a talk in more detail than the audience needed. Nobody minded, and I still should not have.",
            "A model that I tested answered a question better than it should have. I stored the output where I would store a sample.",
            "I was asked to review a paper whose supplement was the problem, not the paper.",
        ),
        (
            "I decided by asking who would gain more from it, the careful reader or the careless one.",
            "I asked {person} who had no stake in it, and waited a day.",
            "My rule is that doubt alone is a reason to ask, not a reason to publish.",
            "I would now decide earlier and with somebody else.",
        ),
        (
            "It cost us {weeks} and was right.", "Nothing came of it, which is the usual outcome of such decisions.",
            "I do not know whether it made a difference, and I would do it again.",
        ),
    ),
    "founding_built": (
        (
            "A repair café in {city} that ran every second Saturday for {few} years and is now run by people who came to it for help.",
            "A small company that sold scheduling to clinics. It had {many} customers and was closed by me when I saw that it would not have more.",
            "A summer school with {many} participants and a budget that fitted on one page.",
            "An online seminar that began as {few} friends and became the place where people in my field meet.",
            "The operations of a research group: contracts, visas, servers, and the calendar that everybody believed in.",
            "A newsletter for teachers with {many} hundred readers. I sold it for one euro to somebody who cared more.",
        ),
        (
            "It worked because I answered every message within a day for the first year.",
            "What I did worst was hiring: too late, and then too fast.",
            "The hard part was handing it over; I had built too much of it around my own habits.",
            "I closed one part of it against the wish of its loudest users, which was right.",
            "I learned to write down decisions, since nobody remembered the same meeting.",
        ),
        (
            "It still exists without me.", "It does not exist any more, and two of its ideas do.",
            "The accounts are in order, which surprised everybody.",
        ),
    ),
    "founding_next": (
        (
            "A shared back office for small research teams: contracts, insurance, payroll, and one person who picks up the telephone.",
            "A fellowship in {city} for engineers who cannot move abroad and would be good at this work.",
            "A service that runs other people's evaluations again and says in public what could not be reproduced.",
            "A standing exercise in which officials practise an incident with invented data, {few} times a year.",
            "A yearly survey of what safety teams wish they had, and a small fund that buys the cheapest item on the list.",
        ),
        (
            "In a year I would want {few} teams that would be angry if it disappeared.",
            "I would start with {few} customers by hand before building anything.",
            "The first year costs about as much as one engineer.",
            "I would measure it by what people stop doing themselves.",
        ),
        (
            "I would stop if after {weeks} nobody had come back unasked.",
            "I would stop if I were the only one who explains why it matters.",
            "The signal to stop is a polite user: praise and no second visit.",
            "I would stop if a better-funded organisation did it well, and help them.",
        ),
    ),
}
