package item

import (
	"slices"

	"tongban/internal/kernel/workday"
)

// Version is a full definition of an item, valid on From ≤ day ≤ Until (zero Until: open). A case pins Digest at
// acceptance (I8); the definition file's bytes are the canonical form, Digest is their SHA-256 in hex.
type Version struct {
	ID          string
	Item        string // item code
	Title       string
	TitleEn     string
	Source      string // where the provisions were read
	From, Until workday.Date
	Basis       []Basis
	Reach       []string // Basis keys that let it be handled from elsewhere
	Visits      map[Mode]int
	Questions   []Question
	Form        Form
	Materials   []Material
	Plan        map[Mode][]LegPlan
	Limits      []LimitRule
	Waits       []Wait
	Corrections Corrections
	Checklist   []Check
	Refusals    []Refusal
	Result      Result
	Fee         Fee
	Assurance   Assurance
	Digest      string
	Pins        Pins // the places' own rules that are laid over it; zero for the national definition alone
}

// AskAgent is the key of the question whether somebody else handles the matter for the person.
const AskAgent = "agent"

// ByAgent reports whether the rules know an agent. Where they do not, the matter is the person's own.
func (v Version) ByAgent() bool {
	return slices.ContainsFunc(v.Questions, func(q Question) bool { return q.Key == AskAgent })
}

// Begins reports whether an application in a mode can be made where people are led for it: online at the place that decides,
// otherwise at the place where they are. A plan that begins elsewhere, or that sends an online matter through a third hand, is not
// carried out yet.
func (v Version) Begins(m Mode) bool {
	plan := v.Plan[m]
	if len(plan) == 0 {
		return false
	}
	if m != Online {
		return plan[0].Place != There
	}
	for _, leg := range plan {
		if leg.Place != There {
			return false
		}
	}
	return true
}

// Basis is one provision an item rests on; Text is our short paraphrase, not the official wording.
type Basis struct {
	Key     string `toml:"key"`
	Law     string `toml:"law,omitempty"`
	Article string `toml:"article,omitempty"`
	Text    string `toml:"text,omitempty"`
	TextEn  string `toml:"text_en,omitempty"`
	Rank    string `toml:"rank,omitempty"` // law | regulation | decision | rule | document | local | practice; "" if it does not matter
	Mark    Mark   `toml:"mark,omitempty"`
}

// Form is what the applicant's side fills in or only confirms.
type Form struct {
	Title   string  `toml:"title"`
	TitleEn string  `toml:"title_en"`
	Fields  []Field `toml:"fields"`
}

// Field is one value of a form.
type Field struct {
	Key       string    `toml:"key"`
	Label     string    `toml:"label"`
	LabelEn   string    `toml:"label_en"`
	Hint      string    `toml:"hint"`
	HintEn    string    `toml:"hint_en"`
	Type      FieldType `toml:"type"`
	Required  bool      `toml:"required"`
	Max       int       `toml:"max"` // characters; money: largest amount in 元; scope: phrases; 0: the type's own bound
	Min       int       `toml:"min"`
	Chars     string    `toml:"chars"` // han: Chinese characters only; "": any
	Options   []Option  `toml:"options"`
	Source    Source    `toml:"source"`
	From      string    `toml:"from"`   // evidence: what is read; derived: a template, see Version.Fill
	Reason    string    `toml:"reason"` // why it is asked, or how it is known
	ReasonEn  string    `toml:"reason_en"`
	Owner     string    `toml:"owner"`     // who holds the true value: applicant, or an office
	Freshness string    `toml:"freshness"` // how old evidence may be: "live", "24h", "" if it does not age
	Fallback  Fallback  `toml:"fallback"`  // what happens if the source does not answer
	If        Condition `toml:"if"`        // when it belongs to this person's form; see Question
	Basis     string    `toml:"basis"`
	Mark      Mark      `toml:"mark"`
}

// Question is a yes-no question whose answer narrows form, materials and fees to what this person needs.
type Question struct {
	Key    string    `toml:"key"`
	Text   string    `toml:"text,omitempty"`
	TextEn string    `toml:"text_en,omitempty"`
	Why    string    `toml:"why,omitempty"` // what the answer changes
	WhyEn  string    `toml:"why_en,omitempty"`
	If     Condition `toml:"if,omitempty"` // over earlier questions: when it is asked at all
}

// FieldType is the shape of a value; the canonical form of each is what Version.Clean gives.
type FieldType string

// The field types.
const (
	Text    FieldType = "text"
	Choice  FieldType = "choice"
	Money   FieldType = "money" // 元, at most two decimals
	Region  FieldType = "region"
	Address FieldType = "address"
	Scope   FieldType = "scope" // 经营范围: one or more standard phrases, joined by "；"
	Percent FieldType = "percent"
	Date    FieldType = "date"
	Person  FieldType = "person"
)

// Source says where a field's value comes from.
type Source string

// The sources. Asked is the last resort and needs a Reason.
const (
	Asked        Source = "asked"
	FromEvidence Source = "evidence"
	Derived      Source = "derived"
)

// Fallback is what is done when an evidence source does not answer.
type Fallback string

// The fallbacks.
const (
	FallAsk     Fallback = "ask"
	FallUpload  Fallback = "upload"
	FallPromise Fallback = "promise" // 告知承诺
	FallWait    Fallback = "wait"
)

// Option is one choice; Words are what a search may match beside the label.
type Option struct {
	Value   string   `toml:"value"`
	Label   string   `toml:"label"`
	LabelEn string   `toml:"label_en"`
	Words   []string `toml:"words"`
	Part    string   `toml:"part"`   // 经营范围: the line of business that stands in the name
	Permit  bool     `toml:"permit"` // 经营范围: needs a permit before or after
	Mark    Mark     `toml:"mark"`
}

// Material is one paper or record the decision rests on, with every way it may be had, best first.
type Material struct {
	Key      string    `toml:"key"`
	Name     string    `toml:"name,omitempty"`
	NameEn   string    `toml:"name_en,omitempty"`
	Sources  []string  `toml:"sources,omitempty"` // elicence | shared | generated | promise | upload
	Resource string    `toml:"resource,omitempty"`
	Form     string    `toml:"form,omitempty"` // original | copy | electronic
	Copies   int       `toml:"copies,omitempty"`
	Required bool      `toml:"required,omitempty"`
	When     string    `toml:"when,omitempty"` // when an optional material is needed, in words
	WhenEn   string    `toml:"when_en,omitempty"`
	If       Condition `toml:"if,omitempty"` // the same over Question keys
	Basis    string    `toml:"basis,omitempty"`
	Issuer   string    `toml:"issuer,omitempty"`
	Mark     Mark      `toml:"mark,omitempty"`
}

// LegKind is what a leg is for.
type LegKind string

// The leg kinds.
const (
	Collect LegKind = "collect"
	Decide  LegKind = "decide"
	Deliver LegKind = "deliver"
	Verify  LegKind = "verify"
	File    LegKind = "file"
	Seal    LegKind = "seal" // the place in whose name was decided checks the mandate and makes the document (异地授权)
)

// Place says which of a case's places holds a leg.
type Place string

// The places of a plan.
const (
	Here  Place = "here"  // 收件地: where the applicant is
	There Place = "there" // 业务属地: the place that decides
	Lead  Place = "lead"  // the accepting place of a joint matter
	Other Place = "other" // a third place that verifies
)

// LegPlan is one leg of a plan, started when all of After are done.
type LegPlan struct {
	Key   string   `toml:"key"`
	Kind  LegKind  `toml:"kind"`
	Place Place    `toml:"place"`
	After []string `toml:"after"`
	// Join says whether all of After must be done (""), or one that confirmed is enough (any).
	Join string `toml:"join,omitempty"`
	// At is the region field of the form that names the place of a leg at a third place.
	At string `toml:"at,omitempty"`
	// Undo says, for a leg whose yes changes something at its place, what is undone there if the case comes to nothing.
	Undo   string   `toml:"undo,omitempty"`
	UndoEn string   `toml:"undo_en,omitempty"`
	Mark   Mark     `toml:"mark,omitempty"` // how Undo is known
	Does   []string `toml:"does"`           // acts the holder may do: identity, formal-check, receive, accept, refuse, return, decide, issue, notify, handover, post, archive
}

// JoinAny is the join of a leg that begins once one of those before it confirmed.
const JoinAny = "any"

// Windowed is the mode in which a window takes the matter in: the best of those that begin where the window stands. The place
// that leads checks with the others itself before the applicant is sent on (多地联办).
func (v Version) Windowed(modes []Mode) (Mode, bool) {
	for _, m := range []Mode{Joint, Delegated, Entrusted, Onsite} {
		if slices.Contains(modes, m) && v.Begins(m) {
			return m, true
		}
	}
	return None, false
}

// Wait is a time that the law puts on the applicant, not on an office: a period of reflection, or days within which to come.
type Wait struct {
	Key    string
	Text   string
	TextEn string
	Start  string // the event in words of LimitRule.Start, or another wait's key
	Length workday.Limit
	Basis  string
}

// LimitKind is what a limit bounds.
type LimitKind string

// The limit kinds.
const (
	LimitIntake LimitKind = "intake"
	LimitDecide LimitKind = "decide"
	LimitIssue  LimitKind = "issue"
	LimitNotify LimitKind = "notify"
)

// LimitRule bounds one step by law and by promise (I7). A zero Promised means that none is promised beyond the law; a
// Length with N 0 and Spot set means on the spot (当场).
type LimitRule struct {
	Key        string
	Kind       LimitKind
	Leg        string // LegPlan.Key
	Start      string // accepted | received | decided | complete
	Spot       bool   // on the spot if nothing stands against it; else Length
	Length     workday.Limit
	Promised   workday.Limit
	Extend     workday.Limit
	ExtendWith string   // what an extension needs
	Stops      []string // acts whose time is not counted
	Silence    string   // accepted | returned | none: what silence until the end means
	Basis      string
	Mark       Mark
}

// Corrections says how gaps are mended.
type Corrections struct {
	Max           int    `toml:"max"`            // how often gaps may be told (一次告知: 1)
	Manner        string `toml:"manner"`         // return: papers go back and are filed again; hold: the case waits
	ApplicantDays int    `toml:"applicant_days"` // 0: no term set by law
	Basis         string `toml:"basis"`
	Mark          Mark   `toml:"mark"`
}

// Check is one point of the deciding place's checklist. Machine points come ticked with their proof.
type Check struct {
	Key      string `toml:"key"`
	Label    string `toml:"label"`
	LabelEn  string `toml:"label_en"`
	Basis    string `toml:"basis"`
	Material string `toml:"material"` // Material.Key it looks at, "" if a form field alone
	Field    string `toml:"field"`    // Field.Key it looks at, "" if a material alone
	Machine  bool   `toml:"machine"`
	Mark     Mark   `toml:"mark"`
}

// Refusal is one lawful ground to say no.
type Refusal struct {
	Key    string `toml:"key"`
	Text   string `toml:"text"`
	TextEn string `toml:"text_en"`
	Basis  string `toml:"basis"`
	Mark   Mark   `toml:"mark"`
}

// Result is what the applicant gets.
type Result struct {
	Kind        string        `toml:"kind"` // licence | document
	Name        string        `toml:"name"`
	NameEn      string        `toml:"name_en"`
	LicenceType string        `toml:"licence_type"` // 证照类型代码, 21 characters (GB/T 36904)
	TypeMark    Mark          `toml:"type_mark"`    // how LicenceType is known
	Serial      string        `toml:"serial"`       // how a licence's serial is made
	Renews      string        `toml:"renews"`       // field with the number of the licence of which this is the next version; "": a new one
	Counts      string        `toml:"counts"`       // CountsFromMonth, or "" where what is granted begins with the decision or as it says itself
	ValidYears  int           `toml:"valid_years"`  // 0: no end
	Paper       bool          `toml:"paper"`        // a paper copy may be asked for
	Fields      []ResultField `toml:"fields"`
	Basis       string        `toml:"basis"`
	Mark        Mark          `toml:"mark"`
}

// CountsFromMonth: what is granted counts from the first day of the month in which the application was made, wherever that was.
const CountsFromMonth = "application-month"

// ResultField is one item on the face of the result. From is form:KEY, case:…, office:… or decision:….
type ResultField struct {
	Key     string `toml:"key"`
	Label   string `toml:"label"`
	LabelEn string `toml:"label_en"`
	From    string `toml:"from"`
}

// Assurance is how surely people must be known. Levels are 0 (nothing asked) to 4 (in person).
type Assurance struct {
	// Level is the lowest at which somebody applies online; who is below is sent to raise it.
	Level int `toml:"level"`
	// Consent is the level at which the identity provider must have signed the applicant's consent; 0 lets an officer attest it.
	Consent int `toml:"consent"`
	// TwoPersons: who decides is not who accepted or reviewed.
	TwoPersons bool `toml:"two_persons"`
}

// Fee is what is charged, in 分. With Items, each that applies is due and Fen is the least of them.
type Fee struct {
	Fen   int       `toml:"fen"`
	Items []FeeItem `toml:"items"`
	Basis string    `toml:"basis"`
	Mark  Mark      `toml:"mark"`
	// Taker is whose office is paid: Here or There; required where something is charged.
	Taker     Place `toml:"taker"`
	TakerMark Mark  `toml:"taker_mark"`
	// Before is the officer's act that waits for the money, accept or decide; "" if none does or no source tells.
	Before     string `toml:"before"`
	BeforeMark Mark   `toml:"before_mark"`
	// Refused says what becomes of the money when the application is refused: refund or keep; "" is 未核实, and then the office
	// that took it decides.
	Refused     string `toml:"refused"`
	RefusedMark Mark   `toml:"refused_mark"`
}

// Charged reports whether the matter may cost something. What no source tells is not charged.
func (f Fee) Charged() bool {
	return f.Fen > 0 || slices.ContainsFunc(f.Items, func(i FeeItem) bool { return i.Fen > 0 })
}

// Told reports whether a source tells what is charged, be it nothing.
func (f Fee) Told() bool { return f.Mark != Unverified && f.Mark != Unknown }

// FeeItem is one line of a tariff; one of 0 分 is an exemption.
type FeeItem struct {
	Key     string       `toml:"key"`
	Label   string       `toml:"label"`
	LabelEn string       `toml:"label_en"`
	Fen     int          `toml:"fen"`
	If      Condition    `toml:"if"`
	From    workday.Date `toml:"from"`  // zero: from the version's first day
	Until   workday.Date `toml:"until"` // last day; zero: as long as the version
	Basis   string       `toml:"basis"`
	Mark    Mark         `toml:"mark"`
}

// On reports whether the line is in force on a day.
func (f FeeItem) On(day workday.Date) bool {
	return (f.From.IsZero() || !day.Before(f.From)) && (f.Until.IsZero() || !day.After(f.Until))
}

// BasisOf finds a provision by key.
func (v Version) BasisOf(key string) (Basis, bool) {
	for _, b := range v.Basis {
		if b.Key == key {
			return b, true
		}
	}
	return Basis{}, false
}

// Cite writes a provision as people quote it, "市场主体登记管理条例 第19条"; the key itself if unknown.
func (v Version) Cite(key string) string {
	if b, ok := v.BasisOf(key); ok {
		return b.Law + " " + b.Article
	}
	return key
}

// Field finds a form field by key.
func (v Version) Field(key string) (Field, bool) {
	for _, f := range v.Form.Fields {
		if f.Key == key {
			return f, true
		}
	}
	return Field{}, false
}

// LimitsOf lists the limits that run on a leg, in file order.
func (v Version) LimitsOf(leg string) []LimitRule {
	var out []LimitRule
	for _, l := range v.Limits {
		if l.Leg == leg {
			out = append(out, l)
		}
	}
	return out
}

// Unverified lists, as "field:KEY", "material:KEY" …, everything in the definition that no source supports.
func (v Version) Unverified() []string {
	var out []string
	add := func(kind, key string, m Mark) {
		if m != "" && m != Confirmed && m != Sourced {
			out = append(out, kind+":"+key)
		}
	}
	for _, b := range v.Basis {
		add("basis", b.Key, b.Mark)
	}
	for _, f := range v.Form.Fields {
		add("field", f.Key, f.Mark)
	}
	for _, m := range v.Materials {
		add("material", m.Key, m.Mark)
	}
	for _, l := range v.Limits {
		add("limit", l.Key, l.Mark)
	}
	for _, k := range v.Checklist {
		add("check", k.Key, k.Mark)
	}
	for _, r := range v.Refusals {
		add("refusal", r.Key, r.Mark)
	}
	for _, m := range rank {
		for _, g := range v.Plan[m] {
			add("leg", string(m)+"."+g.Key, g.Mark)
		}
	}
	add("corrections", v.Corrections.Manner, v.Corrections.Mark)
	add("result", v.Result.Kind, v.Result.Mark)
	add("result", "licence_type", v.Result.TypeMark)
	add("fee", "fee", v.Fee.Mark)
	add("fee", "taker", v.Fee.TakerMark)
	add("fee", "before", v.Fee.BeforeMark)
	add("fee", "refused", v.Fee.RefusedMark)
	for _, f := range v.Fee.Items {
		add("fee", f.Key, f.Mark)
	}
	return out
}
