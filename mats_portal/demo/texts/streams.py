"""Stream questions."""

ANSWERS = {
    "stream_fit": (
        (
            "Of all the streams, this is the one whose failure I can imagine in detail, which I take as a good sign.",
            "I read the description twice. The first time I was interested in the topic, the second time in the way of working.",
            "The question of this stream is one that I have tried to answer on my own for {weeks}, with too little help.",
            "I want to work on something where the result can be handed to somebody who uses it.",
            "I am applying here because the stream says what it does not want, and I recognised my own habits in the other half.",
            "The methods are the ones I know; the problem is new to me, and I would like it that way round.",
            "What draws me is that the work can be wrong in a visible way.",
            "I have followed work in this area for a year and would like to stop following.",
        ),
        (
            "I would bring patience with dull detail and a habit of writing tests for other people's claims.",
            "I would bring {few} years of handling messy data and the suspicion that comes with them.",
            "What I bring is speed in building small things and no attachment to them.",
            "I bring a background that is not common here, and I have learned to explain myself.",
            "I would bring experience of working with people who do not read papers, and of being useful to them.",
            "I bring clear writing, a stable temper and a calendar that I keep.",
            "I can set up an experiment on a Monday and have something to show, or to throw away, on Thursday.",
        ),
        (
            "I would need help in choosing what to leave out.",
            "Where I would need a mentor most is in judging what is new.",
            "I would like to be told early if I am on a side road.",
            "My weak point is stopping; I know it and would say so.",
            "I am open about the exact project.",
            "",
        ),
    ),
    "project_idea": (
        (
            "I would like to find the cheapest test that separates two explanations which everybody treats as one.",
            "I propose a small, well-documented data set of failures, each with what was believed before it happened.",
            "The idea is to take one assumption of this area, state it so that it can be false, and try for {weeks} to make it so.",
            "I would build a prototype that {few} people outside the group can use in the fourth week, and change it by what they do.",
            "My proposal is a comparison of {few} existing approaches under the same budget, which nobody has done because each has its own friends.",
            "I would write down the model on two pages, find the step that carries all the weight, and spend the rest on that step.",
        ),
        (
            "In the first two weeks I would collect what exists and repeat one result. By week five there should be a first version that can fail.",
            "The first milestone is a negative control; without it I would not trust the rest.",
            "I would split it into a part that surely gives something and a part that may give more.",
            "It needs little compute and much reading, which suits ten weeks.",
            "The main cost is {hours} a week of people who know the practice; I have asked {few} of them, and they would give it.",
        ),
        (
            "The result would be useful to whoever has to decide whether to go on in this direction.",
            "Should it fail, the record of why would be the result.",
            "I expect the mentor to change this plan, and I would be glad if they did.",
            "A version of it that is half as large would still be worth doing.",
        ),
    ),
    "work_together": (
        (
            "I like short written plans and long uninterrupted mornings.",
            "I work best with one person who disagrees with me in private.",
            "I like to pair on the hard part and to be left alone with the rest.",
            "I prefer to show unfinished work often, and I say what kind of comment I want.",
        ),
        (
            "In a bad week I need a smaller goal, not encouragement.",
            "In a bad week I need to be asked on Wednesday and not on Friday.",
            "What helps me then is somebody who has had such a week and says so.",
            "In a bad week I write less; I would like to be asked why.",
        ),
        ("I am easy to reach and slow to anger.", "I answer messages within a day and expect nothing faster.", ""),
    ),
    "coalition_goal": (
        (
            "A result that I could defend in front of people who wish that it were false.",
            "A decision: whether I should do this for the next ten years or support those who do.",
            "The skill of running many small experiments without losing the thread.",
            "To have worked with people who are better at this than I am, and to have kept up.",
        ),
        (
            "A paper would be welcome and is not the point.",
            "If I had to choose, I would take the skill over the result.",
            "I would count it as a success if somebody used my code afterwards without asking me anything.",
        ),
    ),
    "scheming_measure": (
        (
            "I would not ask the model. I would build {few} tasks in which gaming and honest work lead to different files on disk, and compare these.",
            "I would measure the change of behaviour between watched and unwatched runs, with the watching varied in ways that are not written in the prompt.",
            "I would plant an opportunity that costs a little effort to use, and count how often it is used when it pays and when it does not.",
        ),
        (
            "To keep from teaching it, the measured runs never enter training data, and the tasks are generated anew from a seed that stays private.",
            "The control is a model of which we know that it cannot notice the opportunity.",
            "I would publish the method with invented tasks and keep the real ones for {weeks}.",
        ),
        (
            "The hard part is the base rate: most of what looks like scheming is confusion.",
            "I would expect the first version to measure length, and check for that.",
        ),
    ),
    "cyber_realism": (
        (
            "Most benchmarks begin with the evidence already collected. In practice, half of the work is finding out which machine to ask.",
            "They have one attacker, one story and no noise. A real morning has {many} alerts, of which none is the story.",
            "The unrealistic part is certainty: in a benchmark there is an answer, on the job there is a meeting.",
        ),
        (
            "I would repair it by mixing in the ordinary days of a real network, so that the tool has to decide that nothing happened.",
            "I would score the time until a person would have acted, not the label at the end.",
            "I would let logs be missing, as they are, and give marks for saying so.",
        ),
        ("", "It makes the numbers worse and the benchmark better."),
    ),
    "capability_evaluation": (
        (
            "I would start with troubleshooting: given a failed protocol and what was observed, does the model find the cause that an expert finds?",
            "I would evaluate the planning of a series of experiments under a small budget, since this is where tacit knowledge sits.",
            "First I would look at how well a model can tell a plausible protocol from a working one.",
        ),
        (
            "It would surprise me if text-only models were better than the {few} experts who disagree with each other.",
            "A surprise would be no difference between a novice with the model and a novice with a textbook.",
            "I would be surprised by success where the needed step is in no publication.",
        ),
        (
            "The questions themselves would have to be handled like samples.",
            "I would run it with {few} experts first, to learn what the ceiling is.",
        ),
    ),
    "welfare_method": (
        (
            "I would be moved by a self-report that predicts an internal quantity which the training never rewarded it for naming.",
            "Black-box: if reports stay consistent when the wording, the language and the incentive change, I would take them a little more seriously.",
            "White-box: find a direction that tracks the report, then change it without touching the report's words, and see whether behaviour follows.",
        ),
        (
            "Without a control model that was trained to say the same sentences, I would not believe either.",
            "Most results could be explained by imitation, so the design has to make imitation fail.",
            "I hold the question open and would like to keep it so while working on it.",
        ),
        ("", "I have read both sides and find each better at doubting the other."),
    ),
    "sequence_analysis": (
        (
            "About {many} gigabases of environmental reads from {few} sites, with sample labels that had been swapped once.",
            "The records of a hospital over ten years, in which a code changed its meaning in the middle.",
            "Sensor data from {many} classrooms, each with its own idea of midnight.",
        ),
        (
            "I trusted the metadata and spent {weeks} explaining a difference between two freezers.",
            "I removed duplicates that were not duplicates, and with them the signal.",
            "My mistake was to clean before looking. I now plot the dirt first.",
        ),
        ("", "I found it because {person} asked for the raw counts."),
    ),
    "proof_sample": (
        (
            "Take the fact that no rule for voting among three or more options is free of strategy. Told to a biologist: any way of adding up wishes rewards somebody for lying about theirs.",
            "I like the probabilistic method: to show that something exists, pick at random and show that it turns up with positive chance, without ever seeing it.",
            "Fixed points: stir a cup of coffee, and some drop is back where it was. The proof shows that a map which moved every point would have to turn the cup inside out.",
        ),
        (
            "The step that people stumble over is that we never need to know which one it is.",
            "The proof is short; the work is in choosing what to count.",
            "What I like is that the assumption you want to drop is exactly the one that carries the weight.",
        ),
        (
            "For delegation it suggests where to look for a rule that cannot be gamed: where there is nothing to report.",
            "I would draw it before writing it.",
        ),
    ),
    "feature_definition": (
        (
            "A feature is a direction such that changing it alone changes one describable behaviour and little else.",
            "I use this one: the smallest piece of the network's state that another part of the network reads.",
            "A feature is whatever a sparse code keeps when you make it {few} times smaller.",
        ),
        (
            "It breaks for quantities on a circle, such as days of the week, which are no direction at all.",
            "It breaks when two descriptions fit the same piece equally well, which happens as soon as the data are correlated.",
            "It breaks where the network uses the sum of many small effects and no single reader exists.",
        ),
        ("I keep it because it can be wrong.", "A better definition would have to say what does the reading."),
    ),
    "scenario_branch": (
        (
            "Whether agents are trusted with payments before there is a way to take a payment back.",
            "Whether the first serious incident is reported by the company or by a newspaper.",
            "Whether the cost of training goes on falling for those who follow, or only for those who lead.",
        ),
        (
            "It turns on the assumption that liability stays with the user. If a court decides otherwise, the branch closes within a year.",
            "The assumption below it is that {few} firms can keep a secret for {weeks}.",
            "Everything depends on whether chips or people are the scarce part, and we have data on only one of these.",
        ),
        (
            "I would write both branches to the end before saying which I believe.",
            "I give the unpleasant branch 35 percent.",
        ),
    ),
    "trend_model": (
        (
            "The usual curve of training compute uses estimates from press reports for about {percent} percent of its points.",
            "Price per unit of computing looks smooth, because the list prices of {few} sellers are used and nobody pays list prices.",
            "The trend in task length that models can handle rests on human times from a small and untypical group.",
        ),
        (
            "I would replace the weakest input with invoices from universities, which can be had on request.",
            "I would ask {many} more people to do the tasks, and publish the spread instead of the median.",
            "I would show the trend with and without that input; the difference is the honest error bar.",
        ),
        ("The slope may survive. The date it is used for will not.", ""),
    ),
    "verification_claim": (
        (
            "I would want power records from the site's supplier, because they are kept by somebody who has no stake in the claim.",
            "Signed logs of job schedulers, sampled by a third party on days that the company does not choose.",
            "Counts of chips by serial number at delivery, and a visit.",
        ),
        (
            "The grid operator would have to open meter data, the company its schedule, and neither of them a single weight.",
            "An inspector needs the right to ask for one more thing than was agreed; without it, the rest is theatre.",
            "None of it proves the absence of a second site, and I would say so in the first paragraph.",
        ),
        ("", "I would test the scheme on a company that is willing to cheat as an exercise."),
    ),
    "regime_lesson": (
        (
            "Aviation: reports flow when the reporter is protected and the investigator has no power to punish.",
            "Drug safety: the number of reports says more about the form than about the drug.",
            "Rail: near misses are worth more than accidents, as there are {many} times as many of them.",
        ),
        (
            "It may not carry over, because a model's failure leaves no wreckage that anybody has to clear away.",
            "In AI the reporter and the competitor are often neighbours, which a safe harbour does not cure.",
            "There, operators share machines from the same makers. Here, each has its own and calls it a secret.",
        ),
        ("", "I would look at how the first year of reports was handled, since trust was won or lost there."),
    ),
    "rewrite_clause": (
        (
            "“Before each release, the developer runs the listed evaluations {few} times with different seeds, records every run, and reports the worst result with the spread.”",
            "“An evaluation counts if a second team, given only the written protocol, obtains a result within the stated tolerance.”",
            "“The evaluator states in advance which result would stop the release, and signs the statement before the first run.”",
        ),
        (
            "Two auditors can disagree about robust; they cannot disagree about a missing log.",
            "The word to avoid is appropriate.",
            "Each part of it can be checked without asking the developer what was meant.",
        ),
    ),
    "exfiltration_test": (
        (
            "I would send a file of known size by the slowest means I can think of and measure the time until it is complete, with the limit and without.",
            "I would give {few} testers a month, the same access, and a bonus for finishing unnoticed.",
            "I would model the attacker as somebody who uses exactly {percent} percent of the allowed rate every day, and see when the sum matters.",
        ),
        (
            "The figure I would report is the time to detection divided by the time to completion.",
            "The limit helps only if somebody looks at the total, so I would test the looking.",
            "A control run with a careless attacker shows that the alarm works at all.",
        ),
        ("", "I expect that compression will embarrass us."),
    ),
    "enclave_limits": (
        (
            "Not against what the program does on purpose, not against side channels, and not against the person who holds the signing key.",
            "It does not protect against a wrong measurement: it proves that this code ran, not that this was the code you meant.",
            "It does not hide how long something took or how much memory it touched.",
        ),
        (
            "To a partner I would say: it lets you check what we run; it does not make us honest about why.",
            "I would tell a partner which {few} attacks we accept, in a list that they sign with us.",
            "I would show the partner the last published break and how long the repair took.",
        ),
        ("", "Trust moves, it does not vanish."),
    ),
    "prototype_record": (
        (
            "A ventilated box that measures how fast particles settle: plywood, two fans, a borrowed counter; 85 euros.",
            "A filter unit for a classroom, built {few} times until it was quiet enough to be left on; 140 euros each.",
            "A rig that weighs a plant every ten minutes for {weeks}; 60 euros and one flooded desk.",
        ),
        (
            "The measurement that mattered was noise, since it decided whether people used it.",
            "It was wrong by {percent} percent until I found the leak.",
            "I calibrated it against an instrument in {city} that costs a hundred times as much.",
        ),
        ("", "The drawings are free to use, and three schools have used them."),
    ),
    "bottleneck_map": (
        (
            "Filling and packaging. Everybody plans for synthesis, and then {few} sites in the world have free lines.",
            "Quality release: each batch waits for people with a qualification that takes years to get.",
            "The starting material, which comes from two suppliers who share a third.",
        ),
        (
            "I know it from {weeks} at a contract manufacturer, where the queue was on a whiteboard.",
            "I know it from delivery dates in public tenders; they slip at the same step each time.",
            "I asked {few} people who do it and got the same answer with different adjectives.",
        ),
        ("", "A model that finds the lead a month sooner saves nothing there."),
    ),
    "founder_users": (
        (
            "{few_cap} small teams in {city} that now do this by hand on Fridays. I have sat beside two of them.",
            "Ten coordinators of reading groups; I know seven by name and have the complaints of five in writing.",
            "Evaluators at two public bodies, who asked me for it before I had thought of it.",
        ),
        (
            "I know because they have paid for a worse version.",
            "I know because they wrote again without being asked.",
            "I do not know it of all ten, and finding out is the first week.",
        ),
        ("", "The eleventh is me."),
    ),
    "region_plan": (
        (
            "The cities around {city}, where good mathematicians teach and nobody recruits.",
            "The region I grew up in: strong engineering schools, no visas, and one flight a day.",
            "Francophone universities within two hours of {city}, which most programmes forget for reasons of language.",
        ),
        (
            "People there lack a first employer who takes the topic seriously.",
            "They lack money for {weeks} of full-time work, not talent or interest.",
            "What is missing is one person whose job it is to answer.",
        ),
        (
            "What others overlook is a habit of doing much with little.",
            "Others overlook that people stay: who is trained there is there in ten years.",
            "Others overlook the universities of applied science, where people finish things.",
        ),
    ),
    "tool_hours": (
        (
            "A script that fills in the {few} forms of a grant report from one table.",
            "A page that shows which machine is free, which ended {many} messages a day.",
            "A checklist for new group members, with a box for what is wrong with the checklist.",
        ),
        (
            "I found out because people complained on the day it was down.",
            "I timed it before and after: {hours} became twenty minutes.",
            "I found out from somebody I had never told about it.",
        ),
        ("", "I have since removed half of its features."),
    ),
    "weak_judge": (
        (
            "If lying is harder to keep consistent than the truth, a judge who can only check single steps can still catch it, as long as the opponent chooses the step.",
            "The judge need not know the answer, only which of two short claims is easier to verify.",
            "By asking for the smallest point of disagreement: at the bottom there is something that even I can look up.",
        ),
        (
            "It fails when both debaters share a mistake, and I would measure how often that is.",
            "It fails where the truth needs a long argument and the lie a short one, so I would count words.",
            "I would test it with questions whose answer we know and the judge does not, {many} of them.",
        ),
        ("", "The first thing to beat is a judge who sees only one side."),
    ),
}
