// Package rating is the 好差评 (国办发〔2019〕51号; GB/T 39734-2020, GB/T 39735-2020): what people say of the service they got. The
// window that took the papers and the office that decides are rated apart, each once and once more later (追评); nobody is
// made to rate and nothing is chosen beforehand. A bad rating is taken up by the office that it is about: care.go.
//
// A rating names no person. It belongs to a case, whose applicant only those know who may see the case; the pages on which
// an office works on ratings show neither.
package rating

import (
	"slices"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/message"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Level is how content somebody is, as GB/T 39046-2020 table A.8 numbers it: 1 is the best. Many interfaces count stars the
// other way round; what crosses our nodes is this.
type Level int

// The levels.
const (
	VerySatisfied    Level = 1 // 非常满意
	Satisfied        Level = 2 // 满意
	FairlySatisfied  Level = 3 // 基本满意
	Dissatisfied     Level = 4 // 不满意
	VeryDissatisfied Level = 5 // 非常不满意
)

// Levels lists all, the best first.
var Levels = []Level{VerySatisfied, Satisfied, FairlySatisfied, Dissatisfied, VeryDissatisfied}

// Bad reports whether the level is a 差评.
func (l Level) Bad() bool { return l >= Dissatisfied }

func (l Level) known() bool { return l >= VerySatisfied && l <= VeryDissatisfied }

// Target is which service of a case is rated. Names are stored and cross nodes: append only.
type Target string

// The targets.
const (
	Window  Target = "window"  // 收件窗口
	Decider Target = "decider" // 属地: who decides
)

// Targets lists both, in the order in which a person meets them.
var Targets = []Target{Window, Decider}

// The two sets of indicators.
const (
	Online  = "online"  // 网上一事一评
	Counter = "counter" // 现场一次一评
)

// Channel is how a rating came in (GB/T 39046-2020 table 9, 评价渠道). Names are stored and cross nodes: append only.
type Channel string

// The channels.
const (
	Web   Channel = "web"
	Code  Channel = "code"  // the code on the receipt, 二维码
	Paper Channel = "paper" // keyed in by an officer
	Phone Channel = "phone" // keyed in by an officer
)

// most is how often one service is rated: once, and once more later.
const most = 2

// Rating is one. It crosses nodes as it stands here, inside an envelope, from the node that took it to that of the office.
type Rating struct {
	ID      string           `json:"id"` // UUIDv7, made with the form
	Case    string           `json:"case"`
	Item    string           `json:"item"`
	Target  Target           `json:"target"`
	Office  string           `json:"office"` // code of who is rated
	Node    office.NodeID    `json:"node"`   // where that office is
	Taker   office.NodeID    `json:"taker"`  // where it was given: the case's coordinator, who makes the return call
	Nth     int              `json:"nth"`    // 1, or 2 for the 追评
	Level   Level            `json:"level"`
	Set     string           `json:"set"`
	Scores  map[string]Level `json:"scores,omitempty"` // by indicator; only those that were given
	Text    string           `json:"text,omitempty"`
	Named   bool             `json:"named"` // 实名: the person wants the return call
	Channel Channel          `json:"channel"`
	At      time.Time        `json:"at"`

	Care Care   `json:"-"` // what came of it, as this node knows
	By   string `json:"-"` // officer who keyed it in; stays here

	// Row is the store's guard: the version that was read, 0 for a new rating.
	Row int64 `json:"-"`
}

// Chance is one service of a case and whether it can be rated.
type Chance struct {
	Target Target
	Office string
	Node   office.NodeID
	Set    string
	Nth    int          // what a rating now would be; 0: none is taken
	Until  workday.Date // the last day; zero while the case is open
	Why    errs.Code    // why none is taken
}

// Chances lists the services of a case. The window can be rated as soon as it took the papers, the deciding office once it
// has decided; both until some days after the case is closed.
func Chances(c casefile.Case, given []Rating, rules Rules, now time.Time) []Chance {
	var out []Chance
	for _, t := range Targets {
		l, ok := c.LegOf(kinds[t])
		if !ok {
			continue
		}
		ch := Chance{Target: t, Office: l.Office, Node: l.Node, Set: Online}
		if t == Window {
			ch.Set = Counter
		}
		if !c.Closed.IsZero() {
			ch.Until = workday.DateOf(c.Closed).AddDays(rules.Window.N)
		}
		n := 0
		for _, r := range given {
			if r.Target == t {
				n++
			}
		}
		switch {
		case t == Decider && c.Closed.IsZero() && l.State != casefile.Concluded && l.State != casefile.Declined && l.State != casefile.Done:
			ch.Why = errs.RatingTooEarly
		case n >= most:
			ch.Why = errs.RatedAlready
		case !ch.Until.IsZero() && workday.DateOf(now).After(ch.Until):
			ch.Why = errs.RatingOver
		default:
			ch.Nth = n + 1
		}
		out = append(out, ch)
	}
	return out
}

var kinds = map[Target]item.LegKind{Window: item.Collect, Decider: item.Decide}

// Wish is what a form says.
type Wish struct {
	ID     string
	Target Target
	Level  Level
	Scores map[string]Level
	Text   string
	Named  bool
}

// New makes a rating of a case that is coordinated at me. It returns errs.BadRating for a level or an indicator that is not
// among those offered, errs.NoSuchRating for a service that the case has not, why none is taken now, and errs.MessageLong.
func New(c casefile.Case, me office.NodeID, given []Rating, w Wish, how Channel, book *Book, cal *workday.Calendar, now time.Time) (Rating, error) {
	today := workday.DateOf(now)
	list := Chances(c, given, book.On(today), now)
	i := slices.IndexFunc(list, func(ch Chance) bool { return ch.Target == w.Target })
	if i < 0 || c.Coordinator != me {
		return Rating{}, errs.New(errs.NoSuchRating, "%s has no %q", c.No, w.Target)
	}
	ch := list[i]
	if ch.Nth == 0 {
		return Rating{}, errs.New(ch.Why, "%s %s", c.No, w.Target)
	}
	r := Rating{
		ID: w.ID, Case: c.ID, Item: c.Item, Target: w.Target, Office: ch.Office, Node: ch.Node, Taker: me, Nth: ch.Nth, Level: w.Level,
		Set: ch.Set, Scores: w.Scores, Text: w.Text, Named: w.Named, Channel: how, At: now.UTC().Truncate(time.Microsecond),
	}
	var err error
	if r.Text, err = clean(w.Text); err != nil {
		return Rating{}, err
	}
	if !r.sound(book) {
		return Rating{}, errs.New(errs.BadRating, "level %d", w.Level)
	}
	r.open(book, cal)
	return r, nil
}

// clean is text as it is kept; none is fine.
func clean(s string) (string, error) {
	out, err := message.Clean(s)
	if errs.Is(err, errs.MessageEmpty) {
		return "", nil
	}
	return out, err
}

// sound reports whether level and indicators are among those of the set on the day.
func (r Rating) sound(book *Book) bool {
	set := book.Set(r.Set, workday.DateOf(r.At))
	for key, l := range r.Scores {
		if !l.known() || !slices.ContainsFunc(set.Indicator, func(i Indicator) bool { return i.Key == key }) {
			return false
		}
	}
	return r.Level.known()
}
