"""Track evaluations."""

ANSWERS = {
    "taste_choose": (
        (
            "I would take the second direction. It is the only one in which a null result would change what somebody does.",
            "The first, because its main uncertainty can be resolved in two weeks and the others cannot fail visibly.",
            "The third. It looks least exciting, and the data for it exist.",
        ),
        (
            "I would refuse the one that needs a new model to be trained before anything can be learned: ten weeks would go into plumbing.",
            "I would refuse the direction whose success could not be told from a better prompt.",
            "I refuse the first: its metric rewards the method that it was made with.",
        ),
        (
            "What speaks against my choice is that {few} groups are likely to be at it already; I would write to them in the first week.",
            "My doubt is about scale. If the effect needs a model ten times larger, I cannot see it.",
            "I may be drawn to it because I know the tools, and I have tried to correct for that.",
        ),
    ),
    "taste_design": (
        (
            "Take the smallest model that shows the behaviour at all, and {many} prompts written by somebody who does not know the hypothesis.",
            "I would reuse published activations and train nothing. The experiment is one afternoon of analysis.",
            "Two models that differ in one training stage, the same {many} tasks, and a judge who sees them in random order.",
        ),
        (
            "The comparison is between the method, the method with its key part shuffled, and a rule that looks at length alone.",
            "The control is the condition in which the effect should vanish if I understand it; I would run it first.",
            "I would fix the threshold beforehand: a difference below {percent} percent counts as none.",
        ),
        (
            "If the shuffled version does as well, I would drop the direction. That is the result that would change my mind.",
            "Cost: {hours} of compute and a week of mine. If it comes out against me, I have lost a week.",
            "What could fool me is a data set that contains the answer, so I would look for near-duplicates before anything else.",
        ),
    ),
    "taste_read": (
        (
            "The headline says that the intervention halves the error. The table shows it for the subset with the fewest rows.",
            "The improvement is largest where the baseline is worst, as one would expect from regression to the mean.",
            "All gains are in the rows that were run last, with the newer version of the judge.",
        ),
        (
            "The first explanation to test is the judge: score {many} answers by hand, blind.",
            "I would first repeat the smallest row with {few} seeds.",
            "First I would ask how many configurations were tried before this table.",
        ),
        (
            "The second is contamination: does the gain survive on tasks written after the training date?",
            "The second is length: hold it fixed and see what is left.",
            "The second is plain variance, and the table gives no way to exclude it.",
        ),
    ),
    "taste_stop": (
        (
            "No difference between the method and its shuffled version on two models.",
            "A baseline of ten lines that does as well.",
            "If I could not reproduce the effect that motivates the project, with help from its authors.",
        ),
        (
            "I would write that up on one page and propose the next cheapest question.",
            "I would give myself one extra day, not one extra week.",
            "I would tell the mentor on the same day.",
        ),
    ),
    "forecast_table": (
        (
            "1: 35 percent. The reference class has {few} cases in ten years, and the announced date has slipped once. I would move up only on a signed contract.",
            "1: 60 percent. Both sides have said in public what they would have to take back. Elections make the next months slow.",
            "1: 20 percent. It needs three things in a row, each a little more likely than not.",
        ),
        (
            "2: 15 percent. Such rules take longer than their authors expect; the median in this area is about two years. No draft has been published.",
            "2: 45 percent. The technology is there, the incentive is not. One large buyer could change that.",
            "2: 70 percent. It is mostly a question of definition, and I read the definition widely.",
        ),
        (
            "3: 80 percent, from the trend alone. I discount it a little, as the last two points are self-reported.",
            "3: 55 percent. The experts I trust are split, and I have no reason to side with either half.",
            "3: 25 percent. The claim has been made every year, and the base rate is one in five.",
        ),
        (
            "4: 10 percent. I cannot construct a path that does not need a surprise. Surprises happen at about that rate.",
            "4: 30 percent. It depends on 2, and I have kept the two consistent.",
        ),
        (
            "5: 50 percent. I do not know, and a number further from the middle would claim that I do.",
            "5: 65 percent. The seasonal pattern is strong, and the one exception had a cause that is absent now.",
        ),
    ),
    "strategy_memo": (
        (
            "Summary. The decision should not wait for better data: each of the three options looks the same under all forecasts up to next spring, and only one of them can be undone.",
            "Summary. Of the three options I recommend the second, in half the proposed size, with a review after {weeks}.",
            "Summary. The question as put assumes that capability is the bottleneck. I argue that it is access, and that the recommendation changes with it.",
        ),
        (
            "What we know: {few} of the five inputs are public and agree with each other. What we do not know is how the sixth actor will read our move.",
            "The evidence for a fast scenario rests on two reports which cite each other. The slow scenario rests on older cases which may no longer apply.",
            "I have put a number on each assumption, and the result hangs on one of them: the time between a capability and its copy.",
        ),
        (
            "Option one buys information and costs time. Option two buys time and costs money. Option three buys a headline.",
            "If the critical assumption is off by a factor of two, the ranking of the options does not change. At a factor of five it does.",
            "The largest risk of the recommended option is that it looks like inaction. I suggest how to say what it is.",
        ),
        (
            "I would change my mind if a second party announced the same programme, or if costs fell by more than {percent} percent in a quarter.",
            "Signposts: the next two procurement rounds, the staffing of one office, and one court case.",
            "Next step: {few} conversations, listed below, before anything is published.",
        ),
    ),
    "policy_test": (
        (
            "To: the Minister. You are asked to sign the voluntary code on Thursday. I advise you to sign it with one change and to say publicly what you will look at after a year.",
            "Minister, the report before you says that the threshold works. It says so on the strength of {few} cases, of which one is disputed. You can act without relying on it.",
            "You have three options. The first is popular, the second is cheap, the third can be enforced. I recommend the third.",
        ),
        (
            "The change: incident reports go to the inspector and not to the association. Without it, you will learn of incidents from the newspaper.",
            "The reason is practical. The authority has {few} people who can read such a file, and the first option needs thirty.",
            "The companies will say that this discourages openness. In the sector which did it first, the number of reports went up.",
        ),
        (
            "It costs one post and some goodwill. It can be withdrawn by decree.",
            "What it does not do: it does not reach developers abroad. For that, see the annex, which is one paragraph.",
            "If you are asked why now, the honest answer is that the next chance is in two years.",
        ),
    ),
    "policy_objection": (
        (
            "The best objection is that a small authority with a new duty will do it badly, and that a bad inspection is worse than none.",
            "One may say that the rule binds only the careful, and moves the rest out of sight.",
            "The strongest objection is that nobody has asked for it.",
        ),
        (
            "If that is right, the advice shrinks to the reporting channel, which needs no new powers.",
            "What remains is the part about public contracts, where the state is free to choose.",
            "Then I would still keep the review date, as it costs nothing and forces an answer.",
        ),
    ),
    "systems_findings": (
        (
            "1. The evaluation host mounts the result store with write access. Confirm: from a task, overwrite a finished score and see whether anything notices.",
            "1. The deploy key is shared by build and serving. Confirm by signing a harmless change from a build job.",
            "1. Egress is filtered by name only. Confirm with a DNS query that carries {many} bytes of a marker file.",
        ),
        (
            "2. Checkpoints are copied to a bucket whose logs are kept for {few} days, less than the time it takes to notice anything. Confirm by reading the retention rule.",
            "2. The approval for weight access is a message in a chat room. Confirm by asking, politely, in a new employee's name, with the owner's consent.",
            "2. Containers share a kernel with the scheduler. Confirm by listing the capabilities that the task keeps.",
        ),
        (
            "3. Alerts go to a mailbox that one person reads. Confirm by sending one on a Saturday.",
            "3. Time is taken from the host, so that a task can date its own log lines. Confirm by setting the clock back an hour.",
            "3. Dependencies are pinned by version and not by content. Confirm with a mirror that serves another file.",
        ),
        (
            "Less dangerous but cheap to repair: default credentials on the metrics page, and a debug port open inside the cluster.",
            "I left out everything that needs physical access, which the brief excludes.",
        ),
    ),
    "log_reading": (
        (
            "The visible test and the hidden one part company at run 11, when payment is named; that much the log shows.",
            "Passing went up while the hidden test went down, which is what one expects when the measure becomes the aim.",
            "The reader agreed with the agent in 38 of 40 runs, and from run 21 on it had only the agent's word for it.",
        ),
        (
            "It does not show that the agent meant to deceive: a shortcut that passes needs no intention.",
            "It only seems to show that the summaries mislead, as two things changed at once and ten runs are few.",
            "Since the hidden test was written after run 30, it may fit what somebody had already seen.",
        ),
    ),
    "log_check": (
        (
            "I would let the reader judge runs 21 to 40 again from the full transcripts.",
            "I would repeat runs 1 to 10 with the reader on summaries and no word about payment.",
            "I would write a second hidden test without sight of any run and apply it to all forty.",
        ),
        (
            "If the verdicts change, the summaries were the fault; if they stay, the reader was.",
            "One outcome blames the incentive, the other the instrument, and they ask for different work next.",
        ),
    ),
    "systems_repair": (
        (
            "Make the store append-only for the evaluation host: it may add a result under a new name and change none. The reader takes the first one and reports seconds.",
            "Split the key in two within the hour, rotate both, and let the build sign only what a second machine has built alike.",
            "Send all traffic through a proxy with an allow-list of {few} destinations, and let name resolution happen there.",
        ),
        (
            "It fits the constraint of no downtime, as old and new can run side by side for a day.",
            "It needs no new hardware, and {hours} of one person.",
        ),
        (
            "We give up the convenience of correcting a result by hand, which was how two errors were repaired last year.",
            "We give up speed: a release takes about {percent} percent longer.",
            "Researchers lose direct downloads. I would tell them before, not after.",
        ),
    ),
    "venture_sketch": (
        (
            "For whom: research groups of three to ten people without anybody for operations. What: one shared person and a set of templates that lawyers have seen.",
            "For whom: engineers in {city} who cannot leave it. What: a part-time programme of 12 evenings and one project with an outside mentor.",
            "For whom: the public bodies that receive evaluation reports and cannot read them. What: a reading service, one report a week, two pages of questions back.",
        ),
        (
            "First 30 days: {few} pilot customers, everything by hand. Days 31 to 60: write down what repeated itself. Days 61 to 90: charge money, even if little.",
            "In the first 90 days I would run it once, badly, with {many} people, and ask each of them what they would miss.",
            "The first month goes to interviews, the second to the first delivery, the third to finding out who comes back.",
        ),
        (
            "It costs 41,000 euros for the first 90 days, most of it one salary; the table is in the appendix.",
            "It costs less than a conference: two part-time people and a room.",
            "The budget has three lines. If one of them had to go, I would drop the website.",
        ),
    ),
    "venture_risk": (
        (
            "Most likely it ends because I become the bottleneck.",
            "It would end if the first partner leaves; everything in the plan assumes that they stay.",
            "The likely end is quiet: it is liked by all and needed by nobody.",
        ),
        (
            "I would notice by the share of questions that wait for me for more than a day.",
            "The early sign is a second meeting that is moved twice.",
            "I would see it in the number who come back without a reminder, counted each month.",
        ),
        ("At a fixed date I would show the count to somebody who can tell me to stop.", ""),
    ),
}
