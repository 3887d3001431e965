package stories

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/nation"
)

// Story is one that can be played.
type Story struct {
	Key string // as in `tongban tour -story`
	Zh  string // what happens, in one line
	En  string

	stage string
	play  func(*play)
}

// stage is a set of provinces on which stories are played one after the other, and the day on which it opens.
type stage struct {
	only  []office.NodeID
	today workday.Date // zero: now
	cast  bool         // who takes part in a case between the two provinces is there from the beginning
}

// stages by name. The first has the two provinces of the stories about a licence.
var stages = map[string]stage{
	"":         {only: []office.NodeID{here, there}, cast: true},
	"data":     {only: []office.NodeID{here, "35", there}, cast: true}, // with enough witnesses to prove that a case exists
	"shared":   {only: []office.NodeID{"33", "34", "36", "52"}},
	"tax":      {only: []office.NodeID{worksAt, payerAt}},
	"marriage": {only: []office.NodeID{"32"}, today: civil("2021-06-01")},
}

// The two provinces of the stories: 黑龙江, where papers are handed in, and 青海, where it is decided.
const (
	here  office.NodeID = "23"
	there office.NodeID = "63"
)

var plays = map[string]func(*play){
	"licence": licenceStory, "correction": correctionStory, "refusal": refusalStory, "outage": outageStory,
	"recall": recallStory, "return": returnStory, "withdraw": withdrawStory,
	"online": onlineStory, "online-fix": onlineFixStory, "together": togetherStory, "unit": unitStory, "family": familyStory, "fee": feeStory, "booking": bookingStory, "rating": ratingStory,
	"data": dataStory, "recognised": recognisedStory, "replaced": replacedStory, "system": systemStory, "system-down": systemDownStory,

	"marriage": marriageStory, "medical": medicalStory, "medical-fix": medicalFixStory, "medical-refused": medicalRefusedStory,
	"fund-home": fundHomeStory, "fund-home-differs": fundHomeDiffersStory, "fund-home-withdrawn": fundHomeWithdrawnStory,
	"fund-move": fundMoveStory, "fund-move-undone": fundMoveUndoneStory, "fund-move-returned": fundMoveReturnedStory,
	"tax": taxStory, "move": moveStory, "newborn": newbornStory, "allowance": allowanceStory, "residence": residenceStory, "delegated": delegatedStory, "delegated-ended": delegatedEndedStory,
	"idcard": idcardStory, "idcard-fix": idcardFixStory, "idcard-refused": idcardRefusedStory,
}

// All lists the stories in the order in which a tour plays them.
func All() []Story {
	out := make([]Story, 0, len(plays))
	for _, s := range words().Story {
		out = append(out, Story{Key: s.Key, Zh: s.Zh, En: s.En, stage: s.Stage, play: plays[s.Key]})
	}
	return out
}

// Find gives the story with a key; errs.Missing if there is none.
func Find(key string) (Story, error) {
	all := All()
	if i := slices.IndexFunc(all, func(s Story) bool { return s.Key == key }); i >= 0 {
		return all[i], nil
	}
	return Story{}, errs.New(errs.Missing, "story %q", key)
}

// Acts groups stories by the stage that they need, in their order.
func Acts(list []Story) [][]Story {
	var out [][]Story
	at := map[string]int{}
	for _, s := range list {
		i, ok := at[s.stage]
		if !ok {
			i = len(out)
			at[s.stage], out = i, append(out, nil)
		}
		out[i] = append(out[i], s)
	}
	return out
}

// Step is what a story reports: something that somebody did, or the first thing that went wrong.
type Step struct {
	Story, Key string
	Zh, En     string    // what was done
	Who        string    // by whom; a demo person or the system
	At         time.Time // business time
	Holder     string    // the office that has the case, as the applicant's page says; "" before it exists and once it is closed
	Signed     int       // signatures on the applicant's page, all of them good
	OK         bool
	Err        error // why not
}

// Run plays a story through the pages of a nation that has its provinces (Stage), tells each step as it happens, and returns the
// first thing that was not as it should be. Several stories may be played on one nation, one after the other.
func (s Story) Run(ctx context.Context, n *nation.Nation, report func(Step)) error {
	open := newScene
	if stages[s.stage].cast {
		open = newPlay
	}
	p, err := open(ctx, n, s.Key, report)
	if err != nil {
		return err
	}
	s.play(p)
	p.rules()
	return p.err
}

// Stage makes a fresh nation for the stories of one act: in a folder that goes away, and in schemas of its own if db is a
// PostgreSQL address. done stops it and removes everything.
func Stage(ctx context.Context, db string, act []Story) (n *nation.Nation, done func() error, err error) {
	dir, err := os.MkdirTemp("", "tongban-tour-*")
	if err != nil {
		return nil, nil, err
	}
	on := stages[""]
	if len(act) > 0 {
		on = stages[act[0].stage]
	}
	n, err = nation.Open(ctx, nation.Config{
		Dir: dir, DB: db, Schema: "tour_" + strings.ToLower(rand.Text()[:12]) + "_", Only: on.only, Today: on.today,
	})
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	return n, func() error {
		return errors.Join(n.Stop(), n.Erase(context.WithoutCancel(ctx)), os.RemoveAll(dir))
	}, nil
}
