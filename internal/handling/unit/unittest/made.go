package unittest

import (
	"fmt"
	"testing"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// The nodes and offices of the made-up cases.
const (
	Me    office.NodeID = "23"
	There office.NodeID = "31"

	hereOffice  = "HERE"
	thereOffice = "THERE"
)

var start = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// maker makes what a node would store.
type maker struct {
	t      testing.TB
	signer *proof.Signer
}

func newMaker(t testing.TB) maker {
	t.Helper()
	key, err := gm.MemoryKeys().SignKey("sign")
	if err != nil {
		t.Fatal(err)
	}
	return maker{t, proof.NewSigner(key)}
}

func (m maker) sign(typ string, v any) proof.Signed {
	m.t.Helper()
	s, err := proof.SignJSON(m.signer, typ, v)
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

// caseOf is a case that was lodged at Me n minutes after start.
func caseOf(n int) casefile.Case {
	at := start.Add(time.Duration(n) * time.Minute)
	return casefile.Case{
		ID: unit.NewID(), No: casefile.MakeNo(Me, workday.DateOf(at), int64(n)), Item: "2020-030", Mode: item.Entrusted,
		Here: "230102000000", There: "310101000000", Coordinator: Me, Lodged: at, Last: at,
		Legs: []casefile.Leg{
			{Key: "collect", Kind: item.Collect, Node: Me, Office: hereOffice, State: casefile.Received, Holder: Me, Since: at, Step: 1},
			{Key: "decide", Kind: item.Decide, Node: There, Office: thereOffice, State: casefile.Planned},
			{Key: "deliver", Kind: item.Deliver, Node: Me, Office: hereOffice, State: casefile.Planned},
		},
		Custody: []casefile.Span{{Node: Me, Office: hereOffice, Leg: "collect", From: at}},
		Limits:  []casefile.Limit{{Key: "notify", Kind: item.LimitNotify, Leg: "collect", Promised: workday.DateOf(at).AddDays(10 - n)}},
		Private: casefile.Private{
			Applicant: party.Person{Name: fmt.Sprintf("某某%d", n), IDNo: "110101199003077" + fmt.Sprintf("%03d", n), Phone: "13800000000"},
			Answers:   map[string]string{"name": "某某公司"},
		},
	}
}

func (m maker) opening(c casefile.Case) unit.Unit {
	u := unit.Unit{At: c.Last, Case: &c, Lookups: party.Lookups(c.Private.Applicant)}
	u.Facts = []casefile.Known{m.fact(c, casefile.ActLodge, "collect", 1)}
	u.Log = []accesslog.Entry{{Kind: accesslog.Act, At: c.Last, Case: c.ID, Who: "w1", What: "lodge", Fact: u.Facts[0].Hash}}
	return u
}

func (m maker) fact(c casefile.Case, act casefile.Act, leg string, step int) casefile.Known {
	f := casefile.Fact{Case: c.ID, No: c.No, Item: c.Item, By: Me, Leg: leg, Step: step, Act: act, At: c.Last.Add(time.Duration(step) * time.Second)}
	s := m.sign(casefile.TypFact, f)
	return casefile.Known{Case: c.ID, Hash: s.Hash(), Fact: f, Signed: s, Private: []byte("salt and private part")}
}

func (m maker) paper(c casefile.Case, kind, check, number string) unit.Paper {
	return unit.Paper{
		ID: unit.NewID(), Case: c.ID, Kind: kind, Title: "受理通知书", Check: check, Number: number,
		Signed: m.sign("document", map[string]string{"of": c.ID}), At: c.Last,
	}
}

func (m maker) parcel(c casefile.Case, n int) exchange.Parcel {
	at := c.Last.Add(time.Duration(n) * time.Second)
	e := exchange.Envelope{ID: unit.NewID(), From: Me, To: There, Kind: exchange.Offer, Case: c.ID, Leg: "decide", At: at, Private: []byte("for the other place only")}
	return exchange.Parcel{
		ID: e.ID, To: There, Case: c.ID, Leg: "decide", Kind: e.Kind, Signed: m.sign(exchange.TypEnvelope, e), At: at,
		Files: []exchange.File{{Address: proof.HashOf([]byte("file")), Key: []byte("0123456789abcdef"), Name: "a.pdf"}},
	}
}

func (m maker) arrival(c casefile.Case) exchange.Arrival {
	id := unit.NewID()
	s := m.sign(exchange.TypEnvelope, exchange.Envelope{ID: id, From: There, To: Me, Kind: exchange.Notice, Case: c.ID, Leg: "decide", At: c.Last})
	return exchange.Arrival{
		From: There, ID: id, Case: c.ID, Kind: exchange.Notice, Signed: s, Hash: s.Hash(), Status: exchange.Noted, At: c.Last,
		Receipt: m.sign(exchange.TypReceipt, exchange.Receipt{Envelope: id, Hash: s.Hash(), From: Me, To: There}),
	}
}
