package handover_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tongban/catalogue"
	"tongban/internal/adapter/memchan"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

const (
	north office.NodeID = "23" // 黑龙江: takes papers in, at 尚志
	west  office.NodeID = "63" // 青海: decides, at 西宁
	south office.NodeID = "44" // 广东: has no part in the case
)

// firm is what all worlds of this package share: keys take time to make and do not matter.
var firm = sync.OnceValue(func() (f struct {
	trust   *office.TrustList
	signers map[office.NodeID]*proof.Signer
	boxes   map[office.NodeID]gm.DecryptKey
	offices []office.Office
	err     error
},
) {
	f.signers, f.boxes = map[office.NodeID]*proof.Signer{}, map[office.NodeID]gm.DecryptKey{}
	f.trust = &office.TrustList{Version: 1, Issued: time.Now()}
	for _, id := range []office.NodeID{north, west, south} {
		keys := gm.MemoryKeys()
		sign, err1 := keys.SignKey("sign")
		box, err2 := keys.DecryptKey("encrypt")
		if f.err = errors.Join(err1, err2); f.err != nil {
			return f
		}
		f.signers[id], f.boxes[id] = proof.NewSigner(sign), box
		f.trust.Nodes = append(f.trust.Nodes, office.Node{ID: id, Protocol: exchange.NewestProtocol, Sign: sign.Public(), Encrypt: box.Public()})
	}
	f.offices, f.err = office.Load(catalogue.FS)
	return f
})

// node is a province with its use cases over a store of maps.
type node struct {
	*store
	post   *handover.Post
	desk   *lodge.Desk
	bench  *decide.Bench
	issuer *certify.Issuer
}

// world is two provinces on one channel, with one clock.
type world struct {
	t       testing.TB
	now     time.Time
	net     *memchan.Network
	nodes   map[office.NodeID]*node
	clerk   casefile.Actor
	officer casefile.Actor
	id      string
	files   []exchange.File
}

func newWorld(t testing.TB, protocol int) *world {
	t.Helper()
	f := firm()
	if f.err != nil {
		t.Fatal(f.err)
	}
	regions, err := region.Default()
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workday.Default()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, now: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), net: memchan.New(), nodes: map[office.NodeID]*node{}, id: unit.NewID(),
	}
	types, err := licence.LoadTypes(catalogue.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []office.NodeID{north, west, south} {
		s := newStore()
		kit := &unit.Kit{
			Me: id, Signer: f.signers[id], Now: func() time.Time { return w.now }, Trust: func() *office.TrustList { return f.trust },
			Catalogue: item.Default(), Calendar: calendar, Regions: regions, Offices: f.offices, Protocol: protocol,
		}
		n := &node{store: s, desk: &lodge.Desk{Kit: kit, Store: s}, bench: &decide.Bench{Kit: kit, Store: s}, issuer: &certify.Issuer{Kit: kit, Store: s, Types: types}}
		n.post = &handover.Post{Kit: kit, Store: s, Files: allHere{}, Key: f.boxes[id], Parallel: 1}
		n.post.Channel = w.net.Join(id, n.post.Receive)
		w.nodes[id] = n
	}
	w.clerk = w.actor(north, "230183", office.Window)
	w.officer = w.actor(west, "630100", office.Reviewer, office.Decider)
	return w
}

func (w *world) actor(id office.NodeID, place string, roles ...office.Role) casefile.Actor {
	w.t.Helper()
	o, err := w.nodes[id].post.Kit.OfficeAt(region.Must(place))
	if err != nil {
		w.t.Fatal(err)
	}
	return casefile.Actor{ID: "officer-" + place, Office: o.Code, Node: id, Roles: roles}
}

// allHere is a store of attachments to which everything has come already.
type allHere struct{}

func (allHere) Push(context.Context, proof.Hash, func(context.Context, []byte) ([]byte, error)) error {
	return nil
}
func (allHere) Take(context.Context, office.NodeID, []byte) ([]byte, error) { return nil, nil }
func (allHere) Have(proof.Hash) (int64, bool)                               { return 0, true }

// acts are what people do, by name.
var acts = map[string]func(ctx context.Context, w *world, n, v *node) error{
	"lodge": func(ctx context.Context, w *world, n, _ *node) error {
		p, err := party.NewPerson("樊晓梅", party.ResidentID, "230183199001010025", "13800000001")
		if err != nil {
			return err
		}
		_, err = n.desk.TakeIn(ctx, w.clerk, lodge.Application{
			ID: w.id, Item: "2020-030", There: region.Must("630100"), Applicant: p, Consent: "2026-1",
			Answers: map[string]string{"trade_name": "雪莲", "capital": "100000", "premises_no": "五四大街 1 号 101 室", "scope": "日用百货销售"},
			Materials: []casefile.Material{
				{Key: "application", Name: "登记申请书", Source: "generated"},
				{Key: "charter", Name: "章程", Source: "generated"},
				{Key: "appointment", Name: "任职文件", Source: "generated"},
				{Key: "identity", Name: "身份证", Source: "elicence"},
				{Key: "premises", Name: "住所证明", Source: "upload", Files: w.files},
				{Key: "consent", Name: "同意书", Source: "generated"},
			},
		})
		return err
	},
	"hand-over": func(ctx context.Context, w *world, n, _ *node) error {
		_, err := n.post.HandOver(ctx, w.clerk, w.id, 0)
		return err
	},
	"recall": func(ctx context.Context, w *world, n, _ *node) error {
		_, err := n.post.AskBack(ctx, w.clerk, w.id, 0)
		return err
	},
	"supplement": func(ctx context.Context, w *world, n, _ *node) error {
		_, err := n.desk.Supplement(ctx, w.clerk, w.id, 0, nil, []casefile.Material{{Key: "charter", Name: "章程（已签名）", Source: "upload"}}, nil)
		return err
	},
	"withdraw": func(ctx context.Context, w *world, n, _ *node) error {
		_, err := n.desk.Withdraw(ctx, nil, w.id, 0)
		return err
	},
	"accept": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.bench.Accept(ctx, w.officer, decide.Ref{Case: w.id})
		return err
	},
	"correct": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.bench.Correct(ctx, w.officer, decide.Ref{Case: w.id}, []casefile.Correction{
			{Check: "charter", Material: "章程", Problem: "没有签名", Fix: "请股东签名", Basis: "细则第15条"},
		})
		return err
	},
	"return": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.bench.Return(ctx, w.officer, decide.Ref{Case: w.id}, "unreadable")
		return err
	},
	"decline": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.bench.Decline(ctx, w.officer, decide.Ref{Case: w.id}, casefile.Decision{Reasons: []string{"unlawful"}})
		return err
	},
	"suspend": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.bench.Suspend(ctx, w.officer, decide.Ref{Case: w.id}, casefile.Suspension{Procedure: "experts", Reason: "专家评审", Days: 5})
		return err
	},
	"resume": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.bench.Resume(ctx, w.officer, decide.Ref{Case: w.id})
		return err
	},
	"grant": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.bench.Decide(ctx, w.officer, decide.Ref{Case: w.id}, casefile.Decision{Outcome: casefile.Granted})
		return err
	},
	"deny": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.bench.Decide(ctx, w.officer, decide.Ref{Case: w.id}, casefile.Decision{Outcome: casefile.Denied, Reasons: []string{"unlawful"}})
		return err
	},
	"issue": func(ctx context.Context, w *world, _, v *node) error {
		_, err := v.issuer.Issue(ctx, w.officer, w.id, 0)
		return err
	},
	"deliver": func(ctx context.Context, w *world, n, _ *node) error {
		_, err := n.issuer.Deliver(ctx, w.clerk, w.id, 0, casefile.Delivery{Way: "counter", To: "applicant"})
		return err
	},
}

// play does the words of a story. Somebody whose act ends in a crash tries again, and is content to hear that it is done.
func (w *world) play(story string) {
	w.t.Helper()
	for word := range strings.FieldsSeq(story) {
		w.now = w.now.Add(time.Minute)
		switch word {
		case "pump": // one round, whatever comes of it
			w.pump()
			continue
		case "settle":
			w.settle()
			continue
		}
		err := acts[word](w.t.Context(), w, w.nodes[north], w.nodes[west])
		if errors.Is(err, errCrash) {
			if err = acts[word](w.t.Context(), w, w.nodes[north], w.nodes[west]); errs.KindOf(err) == errs.Conflict || errs.Is(err, errs.NotHolder) {
				err = nil
			}
		}
		if err != nil {
			w.t.Fatalf("%s: %v", word, err)
		}
	}
}

func (w *world) pump() {
	w.t.Helper()
	for _, id := range []office.NodeID{north, west} {
		if _, err := w.nodes[id].post.Pump(w.t.Context()); err != nil && !errors.Is(err, errCrash) {
			w.t.Fatalf("pump of %s: %v", id, err)
		}
	}
}

// settle pumps until nothing waits: I9 says that it ends without anybody's help.
func (w *world) settle() {
	w.t.Helper()
	for range 40 {
		w.pump()
		if w.net.Held() == 0 && len(w.nodes[north].open()) == 0 && len(w.nodes[west].open()) == 0 {
			return
		}
		w.now = w.now.Add(31 * time.Second)
		w.net.Release(w.t.Context())
	}
	for id, n := range w.nodes {
		for _, p := range n.open() {
			w.t.Errorf("%s still has %s %s after %d tries", id, p.Kind, p.Leg, p.Tries)
		}
	}
	w.t.Fatal("the nodes do not come to rest")
}

func (w *world) at(id office.NodeID) casefile.Case {
	w.t.Helper()
	c, err := w.nodes[id].Case(w.t.Context(), w.id)
	if err != nil && !errs.Is(err, errs.Missing) {
		w.t.Fatal(err)
	}
	return c
}

// check is what must hold when everything is quiet: one holder, nothing lost, every effect once, every receipt stored.
func (w *world) check(status casefile.Status, chain string) {
	w.t.Helper()
	a, b := w.at(north), w.at(west)
	if got := a.Status(); got != status {
		w.t.Errorf("status %s, want %s", got, status)
	}
	names := make([]string, 0, len(a.Custody))
	for i, s := range a.Custody {
		names = append(names, string(s.Node))
		if i > 0 && !s.From.Equal(a.Custody[i-1].To) || !s.To.IsZero() && s.To.Before(s.From) {
			w.t.Errorf("custody: span %d is %v to %v, the one before ended %v", i, s.From, s.To, a.Custody[i-1].To)
		}
	}
	if got := strings.Join(names, " "); got != chain {
		w.t.Errorf("held by %s, want %s", got, chain)
	}
	if b.ID != "" {
		if d := cmp.Diff(a.Custody[1:], b.Custody); d != "" {
			w.t.Errorf("custody differs (-north +west):\n%s", d)
		}
		if a.Status() != b.Status() || !a.Closed.Equal(b.Closed) {
			w.t.Errorf("north: %s, closed %v; west: %s, closed %v", a.Status(), a.Closed, b.Status(), b.Closed)
		}
	}
	ha, openA := a.Holder()
	hb, openB := b.Holder()
	if b.ID != "" && (openA != openB || ha.Node != hb.Node) {
		w.t.Errorf("north says %s holds it, west %s", ha.Node, hb.Node)
	}
	w.once()
	w.proven()
}

// once is I3: one fact for each act on a leg, one case, one licence and one copy of it, one document of a kind per act.
func (w *world) once() {
	w.t.Helper()
	for id, n := range w.nodes {
		seen := map[string]bool{}
		for _, k := range n.facts[w.id] {
			what := k.Fact.Leg + " " + string(rune('0'+k.Fact.Step))
			if seen[what] {
				w.t.Errorf("%s has two facts for %s", id, what)
			}
			seen[what] = true
		}
		papers := map[string]int{}
		for _, p := range n.papers {
			if p.Case != w.id {
				continue
			}
			if papers[p.Kind]++; p.Kind == licence.Typ && papers[p.Kind] > 1 {
				w.t.Errorf("%s has a second licence", id)
			}
		}
		for _, kind := range []string{"P-01", "P-02", "P-03", "P-06", "P-07"} {
			if papers[kind] > 1 {
				w.t.Errorf("%s has %d papers %s", id, papers[kind], kind)
			}
		}
	}
}

// proven is I2: every envelope that left has the addressee's signed receipt, which is the one that it keeps itself.
func (w *world) proven() {
	w.t.Helper()
	for id, n := range w.nodes {
		for _, p := range n.outbox {
			if p.settled == nil {
				w.t.Errorf("%s: %s to %s has no receipt", id, p.Kind, p.To)
				continue
			}
			r, err := exchange.OpenReceipt(p.settled.Receipt, firm().trust, p.Parcel)
			if err != nil {
				w.t.Errorf("%s: %v", id, err)
			}
			in, ok := w.nodes[p.To].inbox[inKey{id, p.ID}]
			if !ok || in.Status != r.Status {
				w.t.Errorf("%s: %s is %s by its receipt, %q in the inbox of %s", id, p.Kind, r.Status, in.Status, p.To)
			}
		}
	}
}

// lateEnough is longer than any wait of the outbox.
const lateEnough = 6 * time.Minute
