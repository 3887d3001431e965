package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"time"

	"tongban/internal/adapter/oidc"
	"tongban/internal/adapter/sqlstore/sqlload"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/decide"
	"tongban/internal/kernel/region"
	"tongban/internal/node"
)

// handedOver is how many of a hundred cases went to the deciding place and were accepted there.
const handedOver = 20

// fill takes in cases of many people, one to five for each, hands a part of them over, and gives everybody a session.
func (s *street) fill(ctx context.Context, total int, say func(string, ...any)) error {
	begun := time.Now()
	src, err := readSample()
	if err != nil {
		return err
	}
	here, there := s.nation.Nodes[receiving], s.nation.Nodes[deciding]
	window, err := actorAt(here, src.Here, office.Window)
	if err != nil {
		return err
	}
	officer, err := actorAt(there, src.There, office.Reviewer, office.Decider)
	if err != nil {
		return err
	}
	sessions := oidc.NewSessions(label(here), false, here.Vault, nil)
	var (
		mu     sync.Mutex // guards people and crossed
		failed failure
		wg     sync.WaitGroup
		work   = make(chan int)
	)
	crossed := []string{}
	someone := func(cases int) error {
		first, err := src.application()
		if err != nil {
			return err
		}
		p := person{}
		if p.cookie, err = cookieFor(sessions, first.Applicant); err != nil {
			return err
		}
		for i := range cases {
			a := first
			if i > 0 {
				if a, err = src.application(); err != nil {
					return err
				}
				a.Applicant = first.Applicant
			}
			c, err := here.Lodge.TakeIn(ctx, window, a)
			if err != nil {
				return err
			}
			p.cases = append(p.cases, string(c.No))
			if rand.IntN(100) >= handedOver { //nolint:gosec // no secret
				continue
			}
			if _, err := here.Post.HandOver(ctx, window, c.ID, 0); err != nil {
				return err
			}
			mu.Lock()
			crossed = append(crossed, c.ID)
			mu.Unlock()
		}
		mu.Lock()
		defer mu.Unlock()
		s.people = append(s.people, p)
		return nil
	}
	for range 16 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := range work {
				if err := someone(n); err != nil {
					failed.set(err)
				}
			}
		})
	}
	for left := total; left > 0 && !failed.is(); {
		n := min(left, 1+rand.IntN(5)) //nolint:gosec // no secret
		work <- n
		left -= n
	}
	close(work)
	wg.Wait()
	if failed.is() {
		return failed.err()
	}
	if err := acceptAll(ctx, there, officer, crossed); err != nil {
		return err
	}
	if err := known(ctx, here, crossed); err != nil {
		return err
	}
	say("%d cases of %d people, %d of them handed over and accepted; filled in %.0f s", total, len(s.people), len(crossed), time.Since(begun).Seconds())
	return nil
}

// acceptAll accepts cases as they arrive.
func acceptAll(ctx context.Context, at *node.Node, by casefile.Actor, ids []string) error {
	var failed failure
	var wg sync.WaitGroup
	gate := make(chan struct{}, 16*runtime.GOMAXPROCS(0))
	for _, id := range ids {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			err := until(ctx, func() (bool, error) {
				got, err := at.Store.Cases(ctx, []string{id})
				return len(got) == 1, err
			})
			if err == nil {
				_, err = at.Bench.Accept(ctx, by, decide.Ref{Case: id})
			}
			if err != nil {
				failed.set(err)
			}
		})
	}
	wg.Wait()
	return failed.err()
}

// known waits until a node knows that cases were accepted elsewhere.
func known(ctx context.Context, at *node.Node, ids []string) error {
	return until(ctx, func() (bool, error) {
		for len(ids) > 0 {
			c, err := at.Store.Case(ctx, ids[len(ids)-1])
			if err != nil || c.Status() != casefile.StatusAccepted {
				return false, err
			}
			ids = ids[:len(ids)-1]
		}
		return true, nil
	})
}

func until(ctx context.Context, done func() (bool, error)) error {
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func actorAt(n *node.Node, place string, roles ...office.Role) (casefile.Actor, error) {
	code, err := region.Parse(place)
	if err != nil {
		return casefile.Actor{}, err
	}
	o, err := n.Kit.OfficeAt(code)
	return casefile.Actor{ID: "officer-" + place, Office: o.Code, Node: n.ID, Roles: roles}, err
}

// label is a province's name at the identity provider.
func label(n *node.Node) string {
	r, _ := n.Kit.Regions.Lookup(region.Code(string(n.ID) + "0000000000"))
	return r.Label
}

// cookieFor is the session that a sign-in of this person would begin, as the browser sends it.
func cookieFor(sessions *oidc.Sessions, p party.Person) (string, error) {
	w := httptest.NewRecorder()
	if err := sessions.Write(w, oidc.Identity{Subject: "bench-" + p.IDNo, Name: p.Name, IDNo: p.IDNo, Phone: p.Phone, Level: 3}); err != nil {
		return "", err
	}
	var out []string
	for _, line := range w.Header()["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			return "", err
		}
		out = append(out, c.Name+"="+c.Value)
	}
	return strings.Join(out, "; "), nil
}

// conditions tells what else the figures hang on.
func (s *street) conditions(ctx context.Context, say func(string, ...any)) error {
	schema, err := sqlload.Conditions(ctx, s.dsn)
	if err != nil {
		return err
	}
	say("%s", schema)
	say("hub and 2 provinces in this process, readers too; HTTP/1.1 kept alive, gzip; every page of a person reads the database and waits for its log entry to be on disk")
	mix := make([]string, 0, pageKinds)
	for kind, share := range shares {
		mix = append(mix, fmt.Sprintf("%s %d%%", pageNames[kind], share))
	}
	say("mix: %s; searches and guides half at the hub, half at the province, there every second by somebody who signed in", strings.Join(mix, ", "))
	say("guides: %d matters between any two of %d counties, both asked for by Zipf %.1f; my cases without other provinces (the sign-ins bear no grant)", len(s.guides), len(s.places), skew)
	return nil
}
