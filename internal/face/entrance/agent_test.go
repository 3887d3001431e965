package entrance

import (
	"context"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/correspond"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/notify"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// lets says that fan lets wu act.
type lets struct{ r mandate.Record }

func (l lets) Names(_ context.Context, who party.Person) (mandate.Names, error) {
	n := mandate.Names{Who: who}
	if party.SameDocument(who, wu) {
		n.Kin = []mandate.Kin{{Person: fan, Mandates: []mandate.Record{l.r}}}
	}
	return n, nil
}
func (l lets) Shown(context.Context, string) (mandate.Record, error) { return l.r, nil }

// An agent's look is not written down as the applicant's own: the page of who used my data leaves the applicant's out.
func TestTheAgentsLookIsTheAgents(t *testing.T) {
	w := newWorld(t)
	agent := wu
	w.change(func(c *casefile.Case) { c.Private.Acting = &party.Acting{Agent: &agent, Mandate: "m"} })
	day := workday.DateOf(w.now)
	r := mandate.Record{State: mandate.Accepted, Mandate: mandate.Mandate{ID: "m", Items: []string{w.c.Item}, From: day, Until: day.AddDays(9), Representative: fan, Agent: wu}}
	w.site = New(Config{
		Public: Public{Reach: w.reach, PublicURL: "http://heilongjiang.localhost", Log: slog.New(slog.DiscardHandler)}, Store: w.store, Kit: w.kit,
		Lodge: &lodge.Desk{Kit: w.kit, Store: w.store}, Room: &notify.Room{Kit: w.kit, Store: w.store, Day: page.ShortDay},
		Words: &correspond.Desk{Kit: w.kit, Store: w.store}, Gate: w.gate, Units: lets{r},
	})
	w.gate.who = &wu
	w.get(w.site, w.address("")).has(200)
	w.get(w.site, w.address("/ask")).has(200)
	w.get(w.site, "/cases").has(200)
	w.get(w.site, w.address("/withdraw")).has(200)
	w.post(w.address("/withdraw"), url.Values{"row": {strconv.FormatInt(w.c.Row, 10)}}).has(303)
	if last := w.store.log[len(w.store.log)-1]; !strings.Contains(last, "agent withdraw") {
		t.Errorf("the withdrawal is logged as %q", last)
	}
	if len(w.store.log) == 0 {
		t.Fatal("no look is in the log")
	}
	for _, e := range w.store.log {
		if strings.Contains(e, " applicant ") {
			t.Errorf("the log says %q of the agent", e)
		}
	}
}
