package office

// The acts beside those on a leg.
const (
	SeeQueue      Act = "queue.see"     // the desk's front page: numbers and matters of the own office's cases
	FindCase      Act = "case.find"     // look a person up, by an exact form
	SeeCase       Act = "case.see"      // personal data; the look is logged
	SeePaper      Act = "paper.see"     // a legal document or licence; the look is logged
	StartCase     Act = "case.start"    // open the form for somebody at the counter
	SeeNotices    Act = "notice.see"    // what did not reach its applicant, of the own office
	SettleNotice  Act = "notice.settle" // told by telephone, or sent again
	AnswerMessage Act = "message.answer"
	ClaimCase     Act = "claim"   // take a case to work on it
	ReleaseCase   Act = "release" // give it back to the office
	AssignCase    Act = "assign"  // give a case to an officer of the own office
	SeeTeam       Act = "team.see"
	Recuse        Act = "recuse"      // declare an interest: from then on somebody else handles the case
	TakeFee       Act = "fee.take"    // cash against a receipt, and cash handed back
	ReturnFee     Act = "fee.return"  // money that the rule does not send back by itself
	KeepVisits    Act = "visits.keep" // the window's day: who comes, came, did not come
	SeeFees       Act = "fees.see"    // the office's day of money beside the bank's statement
	Figures       Act = "figures.see"
	ReadLog       Act = "log.read"
	Catalogue     Act = "catalogue.keep"
	Run           Act = "node.run" // keys, health, the register; no case

	SeeRatings   Act = "rating.see"    // what people say of the own office; a supervisor sees the province's. Never by whom
	KeyRating    Act = "rating.key"    // from paper or a telephone call
	HandleRating Act = "rating.handle" // verify a bad one, put right, explain, contest
	ReviewRating Act = "rating.review" // whether a contested one is mistaken
	CallBack     Act = "rating.call"   // the return call: sees whom to call, and is not who was rated

	SeeAlarms   Act = "alarm.see"    // of the own office; a supervisor sees the province's
	AnswerAlarm Act = "alarm.answer" // what the office says of it
	UrgeAlarm   Act = "alarm.urge"   // 催办
	SettleAlarm Act = "alarm.settle" // a broken rule, after the answer

	ContestFigure Act = "figure.contest" // say that a figure of another province is not right, answer, settle

	SeeOrders       Act = "order.see"     // to the own office; a supervisor sees the province's
	GiveOrder       Act = "order.give"    // to offices of the own province, a request to other provinces; send back, close
	ReplyOrder      Act = "order.reply"   // for the office
	AnswerRequest   Act = "order.answer"  // another province's, for the own one
	SeeComplaints   Act = "complaint.see" // of the whole province; by whom only the return call learns
	AnswerComplaint Act = "complaint.answer"
	CallComplaint   Act = "complaint.call"

	SeeRules     Act = "rules.see"   // what the own province and others published
	DraftRules   Act = "rules.draft" // change a draft and its examples
	ApproveRules Act = "rules.approve"
	PublishRules Act = "rules.publish"

	AskData      Act = "data.ask"         // about a party to a case that the own office holds; there is no other way to ask
	AskLicence   Act = "licence.ask"      // of the applicant, who shows it or not
	SeeSharing   Act = "sharing.see"      // resources and agreements of all; no data of anybody
	DescribeData Act = "sharing.describe" // an own resource
	ProposeTerms Act = "sharing.propose"
	SignTerms    Act = "sharing.sign" // not who proposed them
	StopSharing  Act = "sharing.stop" // suspend, resume, end the own side

	AnswerObjection Act = "objection.answer" // to a value that the own province told; whom it is about is logged
	SeeCorrections  Act = "objection.see"    // what the own office held wrong, and what owners corrected; no data of anybody

	SayRecognition      Act = "recognition.say"      // whose licences the own province takes instead of paper
	ConfirmRecognition  Act = "recognition.confirm"  // not who said it
	WithdrawRecognition Act = "recognition.withdraw" // one person is enough to stop
)

// The acts about cases that the own office works in a departmental system.
const (
	SeeSystems   Act = "system.see"    // how the office's systems stand, and what waits for them; numbers of cases only
	TakeWork     Act = "system.back"   // take a case back to work it here
	SendWork     Act = "system.again"  // send it again, or have looked at what the system said
	SwitchSystem Act = "system.switch" // from now on cases go there, or are worked here
)

// The acts on what offices ask one another (协查); asking itself is an act on a leg.
const (
	SeeInquiries  Act = "inquiry.see"    // what the own office is asked and asks; for who watches, what is late
	ReadInquiry   Act = "inquiry.read"   // whom one is about; the look is logged
	AnswerInquiry Act = "inquiry.answer" // for the office that was asked
)

// The acts on paper originals and the bags in which they travel.
const (
	SeeOriginals  Act = "originals.see"     // which bags the own office has to send, receive or look for; the look at a case is logged
	CallOriginals Act = "originals.call"    // the deciding office asks for them once the scans are checked
	SendOriginals Act = "originals.send"    // make up a bag, there and back
	EarlyPapers   Act = "originals.early"   // let them go before the scans are checked; oversight sees it
	TakeOriginals Act = "originals.receive" // open a bag and tick each line
	TracePapers   Act = "originals.trace"   // record a bag as lost, a paper as found or replaced
	GiveOriginals Act = "originals.give"    // back into the applicant's hand
)

// The acts on licences that the own office issued.
const (
	SeeLicence     Act = "licence.see" // its holder and what was done to it; the look is logged
	DoLicence      Act = "licence.act"
	ConfirmLicence Act = "licence.confirm" // what nothing undoes: a second person
)

var (
	counter  = []Role{Window}
	checking = []Role{Reviewer}
	// checkingOrSystem: the office's own system may do it too, in the name of the staff that its answer names; who decides there decides
	// by the same law as at the desk.
	checkingOrSystem = []Role{Reviewer, System}
	decidingOrSystem = []Role{Decider, System}
	desk             = []Role{Window, Reviewer, Decider, Lead}

	// seeing asks that the officer's own office is a party, that the case is the officer's kind, and that the officer is there.
	seeing = []Condition{OwnOffice, WithinRemit, OnDuty, NoConflict}
)

// Table is all that officers may do. Read a line as: with one of these roles, this act, if all of this holds.
var Table = []Rule{
	// the desk
	{SeeQueue, desk, []Condition{OnDuty}},
	{FindCase, desk, []Condition{OnDuty}},
	{SeeCase, desk, seeing},
	{SeePaper, desk, seeing},
	{SeeNotices, desk, []Condition{OnDuty}},
	{SettleNotice, []Role{Window, Reviewer}, seeing},
	{AnswerMessage, []Role{Window, Reviewer, Decider}, seeing},
	{Recuse, desk, []Condition{OwnOffice}},

	// who works on what: officers take, the lead allots
	{ClaimCase, []Role{Window, Reviewer, Decider}, seeing},
	{ReleaseCase, []Role{Window, Reviewer, Decider}, seeing},
	{AssignCase, []Role{Lead}, seeing},
	{SeeTeam, []Role{Lead}, []Condition{OnDuty}},

	// the counter takes in, hands over and hands out (收件地; it decides nothing)
	{StartCase, counter, []Condition{OnDuty}},
	{"lodge", counter, []Condition{OwnOffice, WithinRemit, OnDuty}},
	{"supplement", counter, seeing},
	{"hand-over", counter, seeing},
	{"deliver", counter, seeing},
	{"withdraw", counter, seeing},

	// who checks accepts, asks once, sends back (行政许可法 第32、34条)
	{"review", checking, seeing},
	{"accept", checkingOrSystem, seeing},
	{"correct", checkingOrSystem, seeing},
	{"return", checking, seeing},
	{"decline", checkingOrSystem, seeing},
	{"suspend", checking, seeing},
	{"resume", checking, seeing},
	{"ask-extend", checkingOrSystem, seeing},

	// more time is approved by somebody else than who asks (行政许可法 第42条: 经本行政机关负责人批准)
	{"extend", []Role{Lead}, seeing},
	{"keep-limit", []Role{Lead}, seeing},

	// a part of a matter that several places share: each answers for its own
	{"verify", checking, seeing},
	{"undo", checking, seeing},

	// what a mandate does not carry goes on at the place that has the power (行政许可法 第24条)
	{"pass-on", checking, seeing},

	// an office asks another about a case, and an officer there answers
	{"inquire", checking, seeing},
	{SeeInquiries, []Role{Reviewer, Decider, Lead, Supervisor}, []Condition{OnDuty}},
	{ReadInquiry, []Role{Reviewer, Decider, Lead}, []Condition{OwnOffice, OnDuty}},
	{AnswerInquiry, checking, []Condition{OwnOffice, OnDuty}},

	// paper originals: no more than one end at a time has them, and each hand-over is signed by both
	{SeeOriginals, []Role{Window, Reviewer, Decider, Lead}, []Condition{OnDuty}},
	{CallOriginals, checking, seeing},
	{SendOriginals, []Role{Window, Reviewer}, seeing},
	{EarlyPapers, []Role{Lead}, seeing},
	{TakeOriginals, []Role{Window, Reviewer}, seeing},
	{TracePapers, []Role{Lead}, seeing},
	{GiveOriginals, counter, seeing},

	// who decides answers for it; where the item says so, it is a second person (行政许可法 第34条: 两名以上工作人员)
	{"decide", decidingOrSystem, append([]Condition{SecondPerson}, seeing...)},
	{"dispatch", []Role{Decider, Reviewer, System}, seeing}, // a refusal to accept leaves with who refused

	// a case that is worked in the office's own system
	{SeeSystems, []Role{Reviewer, Decider, Lead}, []Condition{OnDuty}},
	{TakeWork, []Role{Reviewer, Decider, Lead}, seeing},
	{SendWork, []Role{Reviewer, Decider, Lead}, seeing},
	{SwitchSystem, []Role{Lead}, []Condition{OwnOffice, OnDuty}},

	// money: who takes it does not decide alone what goes back
	{TakeFee, counter, seeing},
	{ReturnFee, []Role{Lead}, seeing},
	{SeeFees, []Role{Window, Lead}, []Condition{OnDuty}},

	// the window's appointments
	{KeepVisits, []Role{Window, Lead}, []Condition{OwnOffice, OnDuty}},

	// 好差评: the office answers for what it did; whoever reviews or calls back is of another kind and answers for no case
	{SeeRatings, []Role{Window, Reviewer, Decider, Lead, Supervisor}, []Condition{OnDuty}},
	{KeyRating, []Role{Window, Lead, Supervisor}, []Condition{OnDuty}},
	{HandleRating, []Role{Lead}, []Condition{OwnOffice, OnDuty}},
	{ReviewRating, []Role{Supervisor}, []Condition{OnDuty}},
	{CallBack, []Role{Supervisor}, []Condition{OnDuty}},

	// 预警: to the office first, then to who watches over it and handles no case
	{SeeAlarms, []Role{Window, Reviewer, Decider, Lead, Supervisor}, []Condition{OnDuty}},
	{AnswerAlarm, desk, []Condition{OwnOffice, OnDuty}},
	{UrgeAlarm, []Role{Supervisor}, []Condition{OnDuty}},
	{SettleAlarm, []Role{Supervisor}, []Condition{OnDuty}},

	// 督办: down in the own province; between provinces, who are equals, supervisors ask and answer each other
	{SeeOrders, []Role{Window, Reviewer, Decider, Lead, Supervisor}, []Condition{OnDuty}},
	{GiveOrder, []Role{Supervisor}, []Condition{OnDuty}},
	{ReplyOrder, []Role{Lead}, []Condition{OwnOffice, OnDuty}},
	{AnswerRequest, []Role{Supervisor}, []Condition{OnDuty}},
	// complaints and 办不成事: never the office that they are about
	{SeeComplaints, []Role{Supervisor}, []Condition{OnDuty}},
	{AnswerComplaint, []Role{Supervisor}, []Condition{OnDuty}},
	{CallComplaint, []Role{Supervisor}, []Condition{OnDuty}},

	// licences that the own office issued (行政许可法 第69、70条)
	{SeeLicence, []Role{Reviewer, Decider, Lead}, []Condition{OwnOffice, OnDuty}},
	{DoLicence, []Role{Decider, Lead}, []Condition{OwnOffice, OnDuty}},
	{ConfirmLicence, []Role{Decider, Lead}, []Condition{OwnOffice, OnDuty, SecondPerson}},

	// those who handle no case
	{Figures, []Role{Lead, Supervisor}, []Condition{OnDuty}},
	{ContestFigure, []Role{Supervisor}, []Condition{OnDuty}},
	{ReadLog, []Role{Supervisor}, []Condition{OnDuty}},
	{Catalogue, []Role{Steward}, []Condition{OnDuty}},
	{SeeRules, []Role{Steward, Supervisor, Lead}, []Condition{OnDuty}},
	{DraftRules, []Role{Steward}, []Condition{OnDuty}},
	{ApproveRules, []Role{Steward}, []Condition{OnDuty}}, // two different people, the second not the author: bundle.Second
	{PublishRules, []Role{Steward}, []Condition{OnDuty}},

	// data among equals: who keeps the catalogue proposes, a second person signs (政务数据共享条例 第20条)
	{AskData, []Role{Window, Reviewer, Decider}, seeing},
	{AskLicence, []Role{Window, Reviewer, Decider}, seeing},
	{SeeSharing, []Role{Steward, Supervisor, Lead}, []Condition{OnDuty}},
	{DescribeData, []Role{Steward}, []Condition{OnDuty}},
	{AnswerObjection, []Role{Steward}, []Condition{OnDuty}},
	{SeeCorrections, []Role{Reviewer, Decider, Lead}, []Condition{OnDuty}},
	{ProposeTerms, []Role{Steward}, []Condition{OnDuty}},
	{SignTerms, []Role{Steward, Lead}, []Condition{OnDuty}},
	{StopSharing, []Role{Steward, Lead}, []Condition{OnDuty}},

	// whose licences are taken instead of paper: two people say yes, one says no longer
	{SayRecognition, []Role{Steward}, []Condition{OnDuty}},
	{ConfirmRecognition, []Role{Steward, Lead}, []Condition{OnDuty}},
	{WithdrawRecognition, []Role{Steward, Lead}, []Condition{OnDuty}},
	{Run, []Role{Operator}, []Condition{OnDuty}},
}
