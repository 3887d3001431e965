package apply

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/idno"
	"tongban/internal/page"
)

// kin lets lin act for fan, until it is taken back.
type kin struct{ over bool }

func (k *kin) May(context.Context, party.Person, idno.USCC, string) (mandate.Account, party.Acting, error) {
	return mandate.Account{}, party.Acting{}, errs.New(errs.NotInThatName, "none")
}
func (k *kin) Fit(context.Context, mandate.Account) error { return nil }
func (k *kin) MayFor(_ context.Context, who party.Person, _ string, _ item.Version, _ string) (party.Person, party.Acting, error) {
	if k.over {
		return party.Person{}, party.Acting{}, errs.New(errs.MandateRevoked, "over")
	}
	if !party.SameDocument(who, lin) {
		return party.Person{}, party.Acting{}, errs.New(errs.NotForThem, "none")
	}
	of := fan
	of.Phone = ""
	return of, party.Acting{Agent: &who, Mandate: "m"}, nil
}
func (k *kin) Sees(context.Context, party.Person, casefile.Case) error {
	return errs.New(errs.NoSuchCase, "none")
}

type logging struct {
	*memory
	log int
}

func (l *logging) Commit(ctx context.Context, u unit.Unit) error {
	l.log += len(u.Log)
	return l.memory.Commit(ctx, u)
}

// kinWorld is a world in which lin prepares 2020-065 or another matter for fan.
func kinWorld(t *testing.T, code string) (w *world, k *kin, l *logging, at string) {
	w, k = newWorld(t), &kin{}
	l = &logging{memory: w.m}
	w.site = page.NewSite(page.Config{Log: slog.New(slog.DiscardHandler), SignIn: func(r *http.Request) string { return signIn(r.URL.RequestURI()) }})
	New(Config{
		Desk: &apply.Desk{Kit: w.kit, Store: w.m, Cases: l, Evidence: w.sources, Units: k}, Kit: w.kit, Gate: w.gate, Consent: w.gate, Files: w.m,
		Frame: w.site.Frame, PublicURL: "http://qinghai.localhost", MaxFile: 1 << 20,
	}).Register(w.site)
	w.gate.who = &lin
	id := unit.NewID()
	w.post("/apply/new", "key", id, "item", code, "here", "230183", "there", "630100", "for", page.ForKin+"m")
	w.want(http.StatusSeeOther, "/apply/"+id)
	return w, k, l, "/apply/" + id
}

// Whose matter it is cannot be the other party to it as well.
func TestThePrincipalIsNotTheOtherParty(t *testing.T) {
	w, k, _, at := kinWorld(t, "2020-030")
	w.post(at+"/invite", "do", "make")
	w.want(http.StatusOK)
	join := link.FindStringSubmatch(w.got.Body.String())[1]
	w.gate.who = &fan
	w.get(join)
	if w.got.Code != http.StatusBadRequest {
		t.Errorf("the principal may join their own application: %d", w.got.Code)
	}
	k.over = true
	third := party.Person{Name: "石磊", IDType: party.ResidentID, IDNo: "140105199603030030"}
	w.gate.who = &third
	w.get(join)
	if w.got.Code == http.StatusOK {
		t.Error("the invitation of an agent whose authority was taken back still opens")
	}
}

// The answer that somebody else handles it stands while somebody else does.
func TestTheAgentCannotDenyThemselves(t *testing.T) {
	w, _, _, at := kinWorld(t, "2020-065")
	w.post(at+"/ask/agent", "answer", "no")
	for _, d := range w.m.drafts {
		if yes := d.Said[item.AskAgent]; !yes {
			t.Errorf("answered %d: said that nobody handles it for %s, who is not here", w.got.Code, d.For.Name)
		}
	}
}

// What registers said of somebody else was seen by an agent: it is in the log (I5).
func TestRegistersReadForAnotherAreLogged(t *testing.T) {
	w, _, l, at := kinWorld(t, "2020-065")
	w.get(at + "/found")
	if w.got.Code != http.StatusOK || l.log == 0 {
		t.Errorf("%d: %d entries in the log", w.got.Code, l.log)
	}
}

// Authority that is over leaves the agent nothing of the other's, and lets what was gathered be dropped.
func TestWhatIsLeftAfterRevocation(t *testing.T) {
	w, k, _, at := kinWorld(t, "2020-065")
	k.over = true
	w.get(at + "/found")
	if w.got.Code == http.StatusOK {
		t.Error("still seen")
	}
	w.post(at + "/delete")
	if len(w.m.drafts) != 0 {
		t.Errorf("dropping it: %d; it stays for 90 days, and counts among the agent's twenty", w.got.Code)
	}
}
