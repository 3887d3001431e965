package mandate_test

import (
	"testing"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/vouch"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

var (
	fan   = party.Person{Name: "樊晓梅", IDType: party.ResidentID, IDNo: "230183199001010025"}
	lin   = party.Person{Name: "林知夏", IDType: party.ResidentID, IDNo: "350102199502020044"}
	shi   = party.Person{Name: "石磊", IDType: party.ResidentID, IDNo: "140105199603030030"}
	firm  = party.Org{Name: "西宁雪莲商贸有限公司", USCC: "91350100M000100Y43"}
	today = workday.NewDate(2026, time.November, 27)
	good  = mandate.Mandate{
		ID: "0199d6a0-0000-7000-8000-000000000001", At: "63", Unit: firm, Representative: fan, Agent: lin, Items: []string{"practice-013", "2020-024"},
		From: today, Until: today.AddDays(100),
	}
)

func code(t *testing.T, what string, err error, want errs.Code) {
	t.Helper()
	if want == 0 && err != nil || want != 0 && !errs.Is(err, want) {
		t.Errorf("%s: %v, want %d", what, err, want)
	}
}

func TestDraw(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(m *mandate.Mandate)
		want   errs.Code
	}{
		"good":      {func(*mandate.Mandate) {}, 0},
		"no matter": {func(m *mandate.Mandate) { m.Items = nil }, errs.MandateScope},
		"too many": {func(m *mandate.Mandate) {
			m.Items = []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d"}
		}, errs.MandateScope},
		"one matter twice":       {func(m *mandate.Mandate) { m.Items = []string{"1", "1"} }, 0},
		"ends before it begins":  {func(m *mandate.Mandate) { m.Until = m.From.AddDays(-1) }, errs.MandatePeriod},
		"over already":           {func(m *mandate.Mandate) { m.From, m.Until = today.AddDays(-9), today.AddDays(-1) }, errs.MandatePeriod},
		"for ever":               {func(m *mandate.Mandate) { m.Until = today.AddDays(4 * 366) }, errs.MandatePeriod},
		"no days":                {func(m *mandate.Mandate) { m.From, m.Until = workday.Date{}, workday.Date{} }, errs.MandatePeriod},
		"to oneself":             {func(m *mandate.Mandate) { m.Agent = fan }, errs.MandateSelf},
		"a number that is none":  {func(m *mandate.Mandate) { m.Agent.IDNo = "350102199502020045" }, errs.IDNumberCheck},
		"nobody":                 {func(m *mandate.Mandate) { m.Agent = party.Person{} }, errs.PersonNameForm},
		"a unit that is no unit": {func(m *mandate.Mandate) { m.Unit.USCC = "91350100M000100Y44" }, errs.USCCCheck},
	} {
		m := good
		tt.change(&m)
		_, err := mandate.Draw(m, today)
		code(t, name, err, tt.want)
	}
}

// Each act by each person in each state: what does not stand here is refused.
func TestMoves(t *testing.T) {
	signed := &proof.Signed{}
	allowed := map[string]mandate.State{
		"drawn fan sign": mandate.Offered, "drawn fan revoke": mandate.Revoked, "offered lin accept": mandate.Accepted,
		"offered lin decline": mandate.Declined, "offered fan revoke": mandate.Revoked, "accepted fan revoke": mandate.Revoked,
		"accepted lin revoke": mandate.Revoked,
	}
	for _, state := range []mandate.State{mandate.Drawn, mandate.Offered, mandate.Accepted, mandate.Declined, mandate.Revoked} {
		for name, who := range map[string]party.Person{"fan": fan, "lin": lin, "shi": shi, "nobody": {}} {
			for _, act := range []mandate.Act{mandate.Sign, mandate.Accept, mandate.Decline, mandate.Revoke, "dance"} {
				r := mandate.Record{Mandate: good, State: state, Proof: signed}
				got, err := r.Move(act, who, name == "fan", time.Unix(0, 0))
				want, ok := allowed[string(state)+" "+name+" "+string(act)]
				if ok != (err == nil) || got.State != want {
					t.Errorf("%s %s %s: %q, %v", state, name, act, got.State, err)
				}
			}
		}
	}
	_, err := mandate.Record{Mandate: good, State: mandate.Offered, Proof: signed}.Move(mandate.Accept, party.Person{Name: "林知", IDType: lin.IDType, IDNo: lin.IDNo}, false, time.Unix(0, 0))
	code(t, "another name", err, errs.MandateOtherName)
	if (mandate.Record{Mandate: good, State: mandate.Drawn}).Sees(lin, false) || (mandate.Record{Mandate: good, State: mandate.Accepted, Proof: signed}).Sees(shi, false) {
		t.Error("seen by somebody whom it does not concern, or before it was signed")
	}
}

// An authority in the family that its agent asked for: each act by each person in each state.
func TestMovesInTheFamily(t *testing.T) {
	asked := good
	asked.Unit, asked.Representative = party.Org{}, party.Person{}
	allowed := map[string]mandate.State{
		"asked fan take": mandate.Drawn, "asked shi take": mandate.Drawn, "asked lin revoke": mandate.Revoked, "drawn fan sign": mandate.Accepted,
		"drawn fan revoke": mandate.Revoked, "accepted fan revoke": mandate.Revoked, "accepted lin revoke": mandate.Revoked,
	}
	for _, state := range []mandate.State{mandate.Asked, mandate.Drawn, mandate.Accepted, mandate.Revoked} {
		for name, who := range map[string]party.Person{"fan": fan, "lin": lin, "shi": shi, "nobody": {}} {
			for _, act := range []mandate.Act{mandate.Take, mandate.Sign, mandate.Accept, mandate.Decline, mandate.Revoke} {
				r := mandate.Record{Mandate: asked, State: state, Wanted: true, Drawn: today.Start()}
				leads := state != mandate.Asked && name == "fan"
				if state != mandate.Asked {
					r.Representative = fan
				}
				got, err := r.Move(act, who, leads, today.Start().Add(time.Hour))
				want, ok := allowed[string(state)+" "+name+" "+string(act)]
				if ok != (err == nil) || got.State != want {
					t.Errorf("%s %s %s: %q, %v", state, name, act, got.State, err)
				}
				if act == mandate.Take && err == nil && got.Representative.IDNo != who.IDNo {
					t.Errorf("%s took it, and it is %s's", name, got.Representative.Name)
				}
			}
		}
	}
	late := mandate.Record{Mandate: asked, State: mandate.Asked, Wanted: true, Drawn: today.Start()}
	_, err := late.Move(mandate.Take, fan, false, today.AddDays(mandate.AskedDays+1).Start())
	code(t, "after two weeks", err, errs.MandateNotNow)
	firms := mandate.Record{Mandate: good, State: mandate.Asked, Drawn: today.Start()}
	_, err = firms.Move(mandate.Take, shi, false, today.Start())
	code(t, "a unit's", err, errs.NoSuchMandate)
}

// For whom somebody may act, and which cases of theirs they go on with.
func TestMayFor(t *testing.T) {
	m := good
	m.Unit = party.Org{}
	record := func(state mandate.State, items ...string) mandate.Record {
		r := mandate.Record{Mandate: m, State: state, Agreed: []byte("agreed")}
		if r.ID = "id-" + string(state); len(items) > 0 {
			r.Items = items
		}
		return r
	}
	names := func(list ...mandate.Record) mandate.Names {
		return mandate.Names{Who: lin, Kin: []mandate.Kin{{Person: fan, Mandates: list}}}
	}
	_, _, err := names(record(mandate.Revoked)).MayFor("another", "practice-013", today)
	code(t, "another's mandate", err, errs.NotForThem)
	of, right, err := names(record(mandate.Revoked), record(mandate.Accepted)).MayFor("id-revoked", "practice-013", today)
	code(t, "another of the same person stands", err, 0)
	if of != fan || right.Mandate != "id-accepted" || right.Agent == nil || right.Agent.IDNo != lin.IDNo {
		t.Errorf("for %s, by %+v", of.Name, right)
	}
	made := func(applicant, agent party.Person) casefile.Case {
		return casefile.Case{Item: "practice-013", Private: casefile.Private{Applicant: applicant, Acting: &party.Acting{Agent: &agent}}}
	}
	for name, tt := range map[string]struct {
		n    mandate.Names
		c    casefile.Case
		want errs.Code
	}{
		"made by them":             {names(record(mandate.Accepted)), made(fan, lin), 0},
		"whose it is":              {mandate.Names{Who: fan}, made(fan, lin), 0},
		"taken back":               {names(record(mandate.Revoked)), made(fan, lin), errs.MandateRevoked},
		"another matter":           {names(record(mandate.Accepted, "2020-024")), made(fan, lin), errs.MandateOtherMatter},
		"made by another agent":    {names(record(mandate.Accepted)), made(fan, shi), errs.NoSuchCase},
		"made for another":         {names(record(mandate.Accepted)), made(shi, lin), errs.NoSuchCase},
		"the person's own":         {names(record(mandate.Accepted)), casefile.Case{Item: "practice-013", Private: casefile.Private{Applicant: fan}}, errs.NoSuchCase},
		"who never had to do with": {mandate.Names{Who: shi}, made(fan, lin), errs.NoSuchCase},
	} {
		code(t, name, tt.n.Sees(tt.c, today), tt.want)
	}
}

// Who may act for the firm in surveying on the day, and what a person is told who may not.
func TestMay(t *testing.T) {
	account := mandate.Account{Org: firm, Representative: fan, Licence: "L"}
	record := func(state mandate.State, change func(m *mandate.Mandate)) mandate.Record {
		m := good
		if change != nil {
			change(&m)
		}
		return mandate.Record{Mandate: m, State: state, Agreed: []byte("agreed")}
	}
	other := func(m *mandate.Mandate) { m.Items = []string{"2020-024"} }
	over := func(m *mandate.Mandate) { m.From, m.Until = today.AddDays(-9), today.AddDays(-1) }
	for name, tt := range map[string]struct {
		who  party.Person
		list []mandate.Record
		want errs.Code
	}{
		"representative":            {fan, nil, 0},
		"agent":                     {lin, []mandate.Record{record(mandate.Accepted, nil)}, 0},
		"no authority":              {lin, nil, errs.NotInThatName},
		"another matter":            {lin, []mandate.Record{record(mandate.Accepted, other)}, errs.MandateOtherMatter},
		"expired":                   {lin, []mandate.Record{record(mandate.Accepted, over)}, errs.MandateExpired},
		"not begun":                 {lin, []mandate.Record{record(mandate.Accepted, func(m *mandate.Mandate) { m.From = today.AddDays(1) })}, errs.MandateNotYet},
		"revoked":                   {lin, []mandate.Record{record(mandate.Revoked, nil)}, errs.MandateRevoked},
		"not accepted":              {lin, []mandate.Record{record(mandate.Offered, nil)}, errs.MandateNotTaken},
		"declined":                  {lin, []mandate.Record{record(mandate.Declined, nil)}, errs.MandateNotTaken},
		"one of several stands":     {lin, []mandate.Record{record(mandate.Revoked, nil), record(mandate.Accepted, nil), record(mandate.Accepted, over)}, 0},
		"told what comes nearest":   {lin, []mandate.Record{record(mandate.Accepted, other), record(mandate.Accepted, over)}, errs.MandateExpired},
		"the last day is included":  {lin, []mandate.Record{record(mandate.Accepted, func(m *mandate.Mandate) { m.Until = today })}, 0},
		"the first day is included": {lin, []mandate.Record{record(mandate.Accepted, func(m *mandate.Mandate) { m.From = today })}, 0},
	} {
		names := mandate.Names{Who: tt.who, List: []mandate.Name{{Account: account, Mandates: tt.list}}}
		got, err := names.May(firm.USCC, "practice-013", today)
		code(t, name, err, tt.want)
		if err == nil && len(tt.list) > 0 && got.Digest != proof.HashOf([]byte("agreed")) {
			t.Errorf("%s: pinned %s", name, got.Digest)
		}
	}
	_, err := mandate.Names{Who: fan}.May(firm.USCC, "practice-013", today)
	code(t, "a unit that is not here", err, errs.NotInThatName)
}

// A case that arrives with an authority is held against the provider's key: each line tries to pass one that is none.
func TestCheckOfACase(t *testing.T) {
	signer := func() *proof.Signer {
		k, err := gm.MemoryKeys().SignKey("sign")
		if err != nil {
			t.Fatal(err)
		}
		return proof.NewSigner(k)
	}
	provider, node := signer(), signer()
	trust := &office.TrustList{Nodes: []office.Node{{ID: office.IDP, Sign: provider.Public()}, {ID: "63", Sign: node.Public()}}}
	made := func(m mandate.Mandate, by *proof.Signer, level int) casefile.Case {
		agreed, what, err := mandate.Of(m)
		if err != nil {
			t.Fatal(err)
		}
		s, err := proof.SignJSON(by, vouch.TypConsent, vouch.Consent{
			Agreement: what, ID: "1", From: "63", Person: fan, Level: level, At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			t.Fatal(err)
		}
		return casefile.Case{Item: "practice-013", Coordinator: "63", Lodged: today.Start(), Private: casefile.Private{
			Applicant: lin, Org: &firm, Acting: &party.Acting{Mandate: m.ID, Digest: proof.HashOf(agreed), Agreed: agreed, Proof: &s},
		}}
	}
	personal := good
	personal.Unit = party.Org{}
	family := func(change func(c *casefile.Case)) func() casefile.Case {
		return func() casefile.Case {
			c := made(personal, provider, 3)
			c.Private.Org, c.Private.Applicant, c.Private.Acting.Agent = nil, fan, &lin
			if change != nil {
				change(&c)
			}
			return c
		}
	}
	for name, tt := range map[string]struct {
		c    func() casefile.Case
		want errs.Code
	}{
		"for a person":                    {family(nil), 0},
		"for a person who did not sign":   {family(func(c *casefile.Case) { c.Private.Applicant = shi }), errs.ConsentForOther},
		"for a person under another name": {family(func(c *casefile.Case) { c.Private.Applicant.Name = "樊晓" }), errs.ConsentForOther},
		"for a person, by another agent":  {family(func(c *casefile.Case) { c.Private.Acting.Agent = &shi }), errs.ConsentForOther},
		"for a person and a unit at once": {family(func(c *casefile.Case) { c.Private.Org = &firm }), errs.ConsentForOther},
		"for a person, without a mandate": {family(func(c *casefile.Case) { c.Private.Acting = &party.Acting{Agent: &lin} }), errs.ConsentNeeded},
		"for a person, by the mandate of a unit": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Private.Org, c.Private.Applicant, c.Private.Acting.Agent = nil, fan, &lin
			return c
		}, errs.ConsentForOther},
		"good": {func() casefile.Case { return made(good, provider, 3) }, 0},
		"own matter": {func() casefile.Case {
			return casefile.Case{Private: casefile.Private{Applicant: lin}}
		}, 0},
		"signed by the sending node": {func() casefile.Case { return made(good, node, 3) }, errs.NotTheProvider},
		"too low":                    {func() casefile.Case { return made(good, provider, 2) }, errs.LevelTooLow},
		"unsigned": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Private.Acting.Proof = nil
			return c
		}, errs.ConsentNeeded},
		"for nobody": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Private.Org = nil
			return c
		}, errs.ConsentForOther},
		"another unit": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Private.Org = &party.Org{Name: "别的公司", USCC: firm.USCC}
			return c
		}, errs.ConsentForOther},
		"another agent": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Private.Applicant = shi
			return c
		}, errs.ConsentForOther},
		"kept by another node": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Coordinator = "23"
			return c
		}, errs.ConsentForOther},
		"contents changed": {func() casefile.Case {
			c, more := made(good, provider, 3), good
			more.Items = []string{"2020-024", "2020-030", "practice-013"}
			c.Private.Acting.Agreed, _, _ = mandate.Of(more)
			c.Private.Acting.Digest = proof.HashOf(c.Private.Acting.Agreed)
			return c
		}, errs.ConsentForOther},
		"another digest": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Private.Acting.Digest = proof.Hash{1}
			return c
		}, errs.ConsentForOther},
		"another matter": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Item = "2020-030"
			return c
		}, errs.MandateOtherMatter},
		"after its end": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Lodged = good.Until.AddDays(1).Start()
			return c
		}, errs.MandateExpired},
		"garbage": {func() casefile.Case {
			c := made(good, provider, 3)
			c.Private.Acting.Agreed = []byte("{")
			return c
		}, errs.UnreadableBody},
	} {
		code(t, name, mandate.Check(tt.c(), trust), tt.want)
	}
}
