package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/stories"
)

// stepJSON is a line of `tour --json`, tourJSON the last one.
type stepJSON struct {
	Story  string    `json:"story"`
	Step   string    `json:"step"`
	At     time.Time `json:"at"`
	Holder string    `json:"holder"`
	OK     bool      `json:"ok"`
}

type tourJSON struct {
	Stories int `json:"stories"`
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
}

// runTour plays the stories through the real pages of a fresh nation, and says of each step whether it held.
func runTour(ctx context.Context, e *env) int {
	f := e.flags("tour")
	e.withJSON(f)
	one := f.String("story", "", "play only this one")
	db := f.String("db", "", "postgres://… plays on PostgreSQL, in schemas that go away; empty is SQLite")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	list := stories.All()
	if *one != "" {
		s, err := stories.Find(*one)
		if err != nil {
			return e.fail(errs.Wrap(errs.NoSuchStory, err, "%s", strings.Join(keysOf(list), " ")))
		}
		list = []stories.Story{s}
	}
	if *db != "" && !strings.HasPrefix(*db, "postgres://") && !strings.HasPrefix(*db, "postgresql://") {
		return e.fail(errs.New(errs.StoreAddress, "-db must begin with postgres://"))
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	sum := tourJSON{Stories: len(list)}
	for _, act := range stories.Acts(list) {
		if err := e.play(ctx, *db, act, &sum); err != nil {
			return e.fail(errors.Join(err, ctx.Err()))
		}
	}
	if e.json {
		e.print(sum)
	} else {
		e.line("tour-sum", sum.Stories, sum.Passed, sum.Failed)
	}
	if sum.Failed > 0 {
		return exitNo
	}
	return exitYes
}

// play opens the stage of some stories and plays them on it.
func (e *env) play(ctx context.Context, db string, act []stories.Story, sum *tourJSON) error {
	n, done, err := stories.Stage(ctx, db, act)
	if err != nil {
		return err
	}
	for _, s := range act {
		if !e.json {
			e.line("tour-story", s.Key, e.both(s.Zh, s.En))
		}
		if err := s.Run(ctx, n, e.step); err != nil {
			sum.Failed++
			e.say(e.Stderr, "tour-broken", s.Key, err)
		} else {
			sum.Passed++
		}
	}
	return done()
}

// step prints what happened.
func (e *env) step(s stories.Step) {
	if e.json {
		e.print(stepJSON{s.Story, s.Key, s.At.UTC().Truncate(time.Microsecond), s.Holder, s.OK})
		return
	}
	mark, signed, holder := e.text("tour-ok"), "", s.Holder
	if !s.OK {
		mark = e.text("tour-not")
	}
	if s.Signed > 0 {
		signed = fmt.Sprintf(e.text("tour-signed"), s.Signed)
	}
	if holder == "" {
		holder = e.text("tour-nobody")
	}
	e.line("tour-step", mark, s.At.In(workday.Zone).Format("2006-01-02 15:04:05"), s.Who, e.both(s.Zh, s.En), holder, signed)
}

func keysOf(list []stories.Story) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Key
	}
	return out
}
