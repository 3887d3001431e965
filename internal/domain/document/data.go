package document

// Data is what the sentences of a document are filled with. Which of it a kind requires stands in that kind's file. Dates
// are YYYY-MM-DD in Asia/Shanghai. Numbers of identity documents come masked to the last four.
type Data struct {
	ID         string // UUIDv7 of the document
	No         string // 文号; empty: case number and kind
	Office     string // who issues; empty: the kind's usual one of HereOffice and ThereOffice
	OfficeCode string
	Date       string

	CaseNo            string
	ItemName          string
	NotPermit         bool // the item is no 行政许可, so that no sentence may rest on the 行政许可法
	ApplicantName     string
	ApplicantMaskedID string
	HereOffice        string // receives 收件地
	ThereOffice       string // is responsible and decides 属地
	Mandate           string // agreement by which DecidedBy decided in the name of ThereOffice, "" if nobody did (行政许可法 第24条)
	DecidedBy         string
	Window            string // window and officer who took the papers
	Phone             string // for questions and complaints
	Delivery          string // how the result reaches the applicant
	Channel           string // where a correction is answered: a URL path or a window

	Due           string // the deadline
	DueKind       string // what the deadline is of: a word of common.toml, or text
	OldDue        string // P-05: the deadline before
	AcceptBy      string // P-01: by when acceptance is decided
	PromisedDays  int    // 承诺时限, working days
	StatutoryDays int    // 法定时限, working days; 0: the law names none
	Approver      string // P-05: who approved (行政许可法 第42条)
	Procedure     string // P-18: a word of common.toml
	ProcedureDays int    // P-18: working days that it will take

	Materials   []Material
	Corrections []Fix
	Facts       []string
	Reasons     []string
	Basis       []string // articles, each as cited
	GoTo        string   // P-04: which authority to turn to
	Result      string   // P-06
	Validity    string   // P-06, P-08
	Conditions  []string // P-06
	CountsFrom  string   // P-06: the first day that counts, where the rule names one

	LicenceName string
	LicenceNo   string
	LicenceID   string      // 电子证照标识
	Face        [][2]string // P-08: label and value of each item on the face

	Agent          string // P-11: who may act, and
	AgentMaskedID  string
	Representative string // P-11: who signed, for the unit or for themselves
	Personal       bool   // P-11: given by a person for their own matters
	Fingerprint    string // P-11: of what was signed, as people compare it

	Amount  int      // P-17: what came, in 分
	PayWay  string   // bank | cash: words of common.toml
	PayRef  string   // the bank's number
	Charges []Charge // P-17: what it is for

	Inquiry Inquired // P-09
	Answers []Answer // P-09

	Bag   Bag    // P-10
	Lines []Line // P-10

	ReviewOrg string // place whose people's government reviews (行政复议法 第24条), "青海省西宁市"
	ReviewURL string // its online channel, where the document is served online (行政复议法 第22条)
	Court     string // place whose court has jurisdiction (行政诉讼法 第18条)
}

// Material is one paper taken.
type Material struct {
	Name  string
	Pages int
	Form  string // original, copy, electronic: words of common.toml, or text
}

// Fix is one thing to correct. All of them are told at once (行政许可法 第32条).
type Fix struct {
	Material string
	Problem  string
	Fix      string
	Basis    string
}

// Inquired is what one office asks another, and what that answers.
type Inquired struct {
	Question string // name of the kind of question
	By, Of   string // names of the office that asks and the one that is asked
	At       string // when it was asked, with the minute, Asia/Shanghai
	Due      string // YYYY-MM-DD
	Words    string // what exactly

	// Of the answer; empty in the letter that asks.
	Answered string // when, with the minute
	LetterNo string // of the letter that it answers
	Letter   string // its check code
	Declined string // why not
	Note     string
}

// Answer is one field of an inquiry and what was answered, "" in the letter that asks.
type Answer struct{ Field, Value string }

// Charge is one line of a fee.
type Charge struct {
	Name  string
	Fen   int
	Basis string
}

// Bag is a hand-over of papers between two offices, and what the other end found in it.
type Bag struct {
	No     string // of the bag
	By, Of string // names of the office that sends and of the one it is for
	Hands  string // officer who hands over
	At     string // with the minute, Asia/Shanghai
	Due    string // YYYY-MM-DD
	Way    string // post | hand: words of common.toml
	Ref    string // postal number, or who carries it
	Back   bool   // on its way back to the applicant's window
	Early  string // why it went before the scans were checked; who allowed it
	Pages  int    // in all

	// Of the receipt; empty in the list that goes along.
	Received string // when, with the minute
	Takes    string // officer who received
	ListNo   string // of the list that it answers
	List     string // its check code
	Note     string
}

// Line is one paper in a bag, and what the other end found: a word of common.toml, "" in the list that goes along.
type Line struct {
	Name  string
	Pages int
	Form  string // original | copy
	Found string
}
