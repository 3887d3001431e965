// Package node is one province: it wires stores, keys, rules, use cases and faces, and turns the wheel that sends what
// waits and does what is due. It is one of the two places that wire.
package node

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"tongban/catalogue"
	"tongban/internal/adapter/blobs"
	"tongban/internal/adapter/paygate"
	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/booking"
	"tongban/internal/domain/item"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/search"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/cashier"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/correspond"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/notify"
	"tongban/internal/handling/publish"
	"tongban/internal/handling/sequence"
	"tongban/internal/handling/unit"
	"tongban/internal/handling/visit"
	"tongban/internal/handling/witness"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/proof"
)

// Config is what a node is made of. Zero values are usable except ID, Dir, Store.DSN, Keys and Trust.
type Config struct {
	ID    office.NodeID
	Dir   string           // attachments stand below it
	Store sqlstore.Options // Vault and Me are filled in here
	Keys  gm.KeyProvider   // holds "sign", "encrypt", "es256", "rest" and "index"
	Trust *federate.Trust
	// Join connects the node to the channel; its requests go to the receiver from then on. nil: the node works alone.
	Join func(handover.Receiver) (handover.Channel, func(), error)
	// Gateways bring notices to people, by channel; nil: what is told stands on the page of the case only.
	Gateways map[notice.Channel]notify.Gateway
	// Now is business time; nil is time.Now.
	Now func() time.Time
	// Parallel is how many envelopes and receipts are worked on at once; 0 is 32, 1 keeps a strict order.
	Parallel int
	// Protocol is the newest wire protocol that the node writes; 0 is the newest there is.
	Protocol int
	// Pay is the payment gateway; nil: fees are taken in cash only.
	Pay *Pay
	Log *slog.Logger
}

// Pay is a payment gateway as it was set up (docs/OPERATING.md).
type Pay struct {
	URL    string // of the gateway, without a slash at its end
	Key    []byte // the bank's public SM2 key
	Home   string // own entrance, for the way back
	Client *http.Client
}

// Node is a running province. Its exported parts are what faces, tests and measurements act through.
type Node struct {
	ID     office.NodeID
	Kit    *unit.Kit
	Store  *sqlstore.Store
	Lodge  *lodge.Desk
	Apply  *apply.Desk
	Bench  *decide.Bench
	Issuer *certify.Issuer
	Post   *handover.Post
	Files  files
	Trust  *federate.Trust
	Vault  *proof.Vault
	Room   *notify.Room
	Words  *correspond.Desk
	Till   *cashier.Cashier
	Visits *visit.Book
	Mine   *elsewhere.Answerer // tells people who are signed in at other provinces their cases here
	Rules  *publish.Press      // what provinces and the operator published

	witness *witness.Witness // signs the heads of other logs
	keeper  *witness.Keeper  // has the heads of this log signed

	log     *slog.Logger
	leave   func()
	wake    chan struct{}
	news    chan struct{}      // rules were taken in
	behind  chan office.NodeID // whose rules are newer than what is here
	sending chan struct{}      // holds one while a round of sending is on its way
	missed  search.Misses

	mu   sync.Mutex // guards stop
	stop func()

	expired atomic.Value // string: the day whose beginning has ended licences
}

// Open wires a node; nothing runs yet. It returns errs.SelfTestFailed if the cryptography of this machine gives wrong
// answers, and the store's errors.
func Open(ctx context.Context, cfg Config) (*Node, error) {
	if err := gm.SelfTest(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Parallel == 0 {
		cfg.Parallel = 32
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	n := &Node{ID: cfg.ID, Trust: cfg.Trust, log: cfg.Log, wake: make(chan struct{}, 1), news: make(chan struct{}, 1), behind: make(chan office.NodeID, 8), sending: make(chan struct{}, 1), leave: func() {}}
	kit, key, err := n.kit(cfg)
	if err != nil {
		return nil, err
	}
	n.Kit = kit
	cfg.Store.Vault, cfg.Store.Me = n.Vault, cfg.ID
	if cfg.Store.SerialBlock == 0 {
		cfg.Store.SerialBlock = serialBlock
	}
	if n.Store, err = sqlstore.Open(ctx, cfg.Store); err != nil {
		return nil, err
	}
	if err := n.Trust.Load(ctx, n.Store); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	if err := n.openRules(ctx, n.Trust.Operator()); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	store, err := blobs.New(blobs.Config{Dir: cfg.Dir + "/files", Now: cfg.Now})
	if err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	n.Files = files{store}
	n.Mine = elsewhere.NewAnswerer(kit, key, n.Store, time.Now)
	n.Room = &notify.Room{Kit: kit, Store: n.Store, Gateways: cfg.Gateways, Day: page.ShortDay}
	n.Words = &correspond.Desk{Kit: kit, Store: n.Store}
	n.witness = witness.New(kit, n.Store, time.Now)
	n.Lodge = &lodge.Desk{Kit: kit, Store: n.Store}
	n.Apply = &apply.Desk{Kit: kit, Store: n.Store, Cases: n.Store, Secure: time.Now}
	n.Till = &cashier.Cashier{Kit: kit, Store: n.Store}
	if cfg.Pay != nil {
		n.Till.Home = cfg.Pay.Home
		n.Till.Bank = paygate.New(paygate.Config{URL: cfg.Pay.URL, Key: cfg.Pay.Key, Me: cfg.ID, Signer: kit.Signer, Client: cfg.Pay.Client})
	}
	plan, err := booking.Default()
	if err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	n.Visits = &visit.Book{Kit: kit, Store: n.Store, Plan: plan}
	n.Bench = &decide.Bench{Kit: kit, Store: n.Store, Fees: n.Till}
	if n.Issuer, err = n.issuer(cfg.Keys); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	n.Post = &handover.Post{
		Kit: kit, Store: n.Store, Files: n.Files, Key: key, Channel: alone{}, Parallel: cfg.Parallel, Protocol: cfg.Protocol, Outdated: n.outdated, Secure: time.Now,
	}
	if cfg.Join != nil {
		if n.Post.Channel, n.leave, err = cfg.Join(n.Receive); err != nil {
			return nil, errors.Join(err, n.Store.Close())
		}
	}
	n.keeper = &witness.Keeper{Kit: kit, Store: n.Store, Channel: door{n.Post.Channel, n.ID, witness.Kind}}
	return n, nil
}

func (n *Node) kit(cfg Config) (*unit.Kit, gm.DecryptKey, error) {
	sign, err := cfg.Keys.SignKey("sign")
	if err != nil {
		return nil, nil, err
	}
	decrypt, err := cfg.Keys.DecryptKey("encrypt")
	if err != nil {
		return nil, nil, err
	}
	rest, err := cfg.Keys.Secret("rest")
	if err != nil {
		return nil, nil, err
	}
	index, err := cfg.Keys.Secret("index")
	if err != nil {
		return nil, nil, err
	}
	if n.Vault, err = proof.NewVault(rest, index); err != nil {
		return nil, nil, err
	}
	es, err := cfg.Keys.ES256Key("es256")
	if err != nil {
		return nil, nil, err
	}
	offices, err := office.Load(catalogue.FS)
	if err != nil {
		return nil, nil, err
	}
	regions, err := region.Default()
	if err != nil {
		return nil, nil, err
	}
	calendar, err := workday.Default()
	if err != nil {
		return nil, nil, err
	}
	return &unit.Kit{
		Me: cfg.ID, Signer: proof.NewSigner(sign), Now: cfg.Now, Trust: cfg.Trust.List, Catalogue: item.Default().Fork(),
		Calendar: calendar, Regions: regions, Offices: offices, ES256: es, Wake: n.Wake,
		Notices: notice.Default(), Outlets: len(cfg.Gateways) > 0,
	}, decrypt, nil
}

// senders is how many rounds of sending run at once: while one waits for its answers, the next is on its way.
const senders = 2

// serialBlock is how many case numbers are taken in one commit. A restart skips what is left of them.
const serialBlock = 32

// Receive is the node's door to the channel.
func (n *Node) Receive(ctx context.Context, m handover.Message) ([]byte, error) {
	switch m.Kind {
	case "trust":
		return n.trust(ctx, m.Body)
	case elsewhere.Kind:
		return n.Mine.Receive(ctx, m.From, m.Body)
	case publish.Kind:
		return n.Rules.Receive(ctx, m.From, m.Body)
	case witness.Kind:
		return n.witness.Receive(ctx, m.From, m.Body)
	}
	return n.Post.Receive(ctx, m)
}

// trust answers the hub: a proposed list gets this member's signature, a list with enough signatures is installed.
func (n *Node) trust(ctx context.Context, body []byte) ([]byte, error) {
	var s office.SignedTrust
	if err := proof.Unmarshal(body, &s); err != nil {
		return nil, err
	}
	if err := n.Trust.Install(ctx, s, n.Store); err == nil || errs.Is(err, errs.TrustOutdated) {
		return nil, nil
	}
	signed, err := n.Trust.CoSign(s, n.Kit.Signer)
	if err != nil {
		return nil, err
	}
	return proof.Marshal(signed)
}

// Wake makes a started node look at its outbox at once. It never blocks.
func (n *Node) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Tick does once everything that is due: it sends, counts silences, and hashes new log entries. It starts nothing, so the
// simulation turns a node with it. It reports whether there was anything to do.
func (n *Node) Tick(ctx context.Context) (bool, error) {
	sent, err := n.Post.Pump(ctx)
	if err != nil {
		return sent > 0, err
	}
	due, err := n.due(ctx)
	if err != nil {
		return true, err
	}
	over, err := n.expire(ctx)
	if err != nil {
		return true, err
	}
	lapsed, err := n.Visits.Lapse(ctx)
	if err != nil {
		return true, err
	}
	told, err := n.Room.Round(ctx)
	if err != nil {
		return true, err
	}
	hashed, err := sequence.Round(ctx, n.Kit, n.Store)
	return sent+due+over+lapsed+told+hashed > 0, err
}

// dueLease is how long claimed due work stays with this replica.
const dueLease = time.Minute

// due does the work that the clock started.
func (n *Node) due(ctx context.Context) (int, error) {
	list, err := n.Store.DueWork(ctx, n.Kit.Now(), dueLease, 64)
	if err != nil {
		return 0, err
	}
	var failed []error // one case that cannot be dealt with keeps nobody else waiting
	for _, d := range list {
		if err := n.dueOne(ctx, d); err != nil {
			failed = append(failed, err)
		}
	}
	return len(list), errors.Join(failed...)
}

// dueOne does one piece of work that the clock started. What is not taken off the list is looked at again when its lease ends.
func (n *Node) dueOne(ctx context.Context, d unit.Due) error {
	switch d.Kind {
	case unit.DueSilence:
		_, err := n.Bench.Silence(ctx, d.Case)
		switch {
		case err == nil, errs.Is(err, errs.Stale): // a lost race is looked at again
			return nil
		case errs.Is(err, errs.NotAllowedNow), errs.Is(err, errs.InTransit):
			return n.Store.Commit(ctx, unit.Unit{At: n.Kit.Now(), Due: []unit.Due{{Case: d.Case, Kind: d.Kind}}})
		}
		return err
	case unit.DueRemind:
		return n.Room.Remind(ctx, d.Case)
	case unit.DueFee:
		if err := n.Till.Settle(ctx, d.Case); !errs.Is(err, errs.Stale) && !errs.Is(err, errs.BankAway) {
			return err
		}
	}
	return nil
}

// Start turns the wheel until Stop: at once when woken, otherwise every quarter of a second. A second Start is an error.
func (n *Node) Start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop != nil {
		return errs.New(errs.NotAllowedNow, "%s runs already", n.ID)
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range min(senders, n.Post.Parallel) {
		wg.Go(func() { n.loop(ctx, n.sendRound) })
	}
	wg.Go(func() { n.loop(ctx, n.quietRound) })
	wg.Go(func() { n.loop(ctx, n.witnessRound) })
	wg.Go(func() { n.loop(ctx, n.sweep) })
	if n.Kit.Outlets {
		wg.Go(func() { n.loop(ctx, n.tellRound) })
	}
	wg.Go(func() { n.loop(ctx, n.keepMissed) })
	wg.Go(func() { n.loop(ctx, n.rulesRound()) })
	n.stop = func() {
		cancel()
		wg.Wait()
		_, _ = n.keepMissed(context.WithoutCancel(ctx)) // a database that is away loses a minute of counts
	}
	return nil
}

// gather is how long a round of sending waits while another is on its way: what is posted meanwhile shares its packets. No
// longer, for the other may be waiting for a node that does not answer.
const gather = 20 * time.Millisecond

// roundTurn waits until no other round of sending is on its way, or for as long as gather.
func (n *Node) roundTurn(ctx context.Context) (done func()) {
	late := time.NewTimer(gather)
	defer late.Stop()
	select {
	case n.sending <- struct{}{}:
		return func() { <-n.sending }
	case <-late.C:
	case <-ctx.Done():
	}
	return func() {}
}

// sendRound pumps until nothing is due, then waits to be woken.
func (n *Node) sendRound(ctx context.Context) (time.Duration, error) {
	done := n.roundTurn(ctx)
	sent, err := n.Post.Pump(ctx)
	done()
	if err != nil || sent > 0 {
		return 0, err
	}
	select {
	case <-n.wake:
	case <-ctx.Done():
	case <-time.After(250 * time.Millisecond):
	}
	return 0, nil
}

func (n *Node) quietRound(ctx context.Context) (time.Duration, error) {
	_, failed := n.due(ctx)
	_, lapsed := n.Visits.Lapse(ctx)
	failed = errors.Join(failed, lapsed)
	_, err := n.expire(ctx)
	failed = errors.Join(failed, err)
	for {
		hashed, err := sequence.Round(ctx, n.Kit, n.Store)
		if err != nil || hashed < sequence.Most {
			return 500 * time.Millisecond, errors.Join(failed, err)
		}
	}
}

// witnessEvery is how often the newest head is shown to its witnesses: what is younger cannot be proved yet.
const witnessEvery = 2 * time.Second

func (n *Node) witnessRound(ctx context.Context) (time.Duration, error) {
	_, err := n.keeper.Round(ctx)
	return witnessEvery, err
}

// staleAfter is how long an attachment may arrive without growing before its beginning is dropped and its sender starts
// again; otherwise what never ends would use up a sender's quota.
const staleAfter = 24 * time.Hour

// sweep drops attachments that stopped arriving, and drafts that nobody touched for their life.
func (n *Node) sweep(ctx context.Context) (time.Duration, error) {
	_, err := n.Files.store.DropStale(n.Kit.Now().Add(-staleAfter))
	return time.Hour, errors.Join(err, n.dropDrafts(ctx))
}

// dropDrafts removes the files first: after a power cut between the two the draft is still there to be dropped again.
func (n *Node) dropDrafts(ctx context.Context) error {
	for {
		list, err := n.Store.StaleDrafts(ctx, n.Kit.Now(), 64)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, d := range list {
			for _, f := range d.Blobs() {
				if err := n.Files.Remove(f); err != nil {
					return err
				}
			}
			if err := n.Store.DropDraft(ctx, d.ID, d.Row); err != nil && !errs.Is(err, errs.Stale) {
				return err
			}
		}
	}
}

// loop runs a round again and again. An error (a database that is away) is logged and tried again after a second: nothing
// is lost meanwhile, because nothing was acknowledged.
func (n *Node) loop(ctx context.Context, round func(context.Context) (time.Duration, error)) {
	for ctx.Err() == nil {
		pause, err := round(ctx)
		if err != nil && ctx.Err() == nil {
			n.log.LogAttrs(ctx, slog.LevelWarn, "round failed", slog.String("node", string(n.ID)), slog.String("error", err.Error()))
			pause = time.Second
		}
		if pause > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	}
}

// Stop ends the wheel, leaves the channel and closes the store. A second Stop does nothing.
func (n *Node) Stop() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stop != nil {
		n.stop()
		n.stop = nil
	}
	n.leave()
	n.leave = func() {}
	return n.Store.Close()
}

// door is the channel as one kind of question uses it.
type door struct {
	channel handover.Channel
	me      office.NodeID
	kind    string
}

// Ask puts one question to another node.
func (d door) Ask(ctx context.Context, to office.NodeID, body []byte) ([]byte, error) {
	return d.channel.Send(ctx, to, handover.Message{From: d.me, Kind: d.kind, Body: body})
}

// alone is the channel of a node that has none yet: nobody can be reached, and everything waits in the outbox.
type alone struct{}

// Send never reaches anybody.
func (alone) Send(context.Context, office.NodeID, handover.Message) ([]byte, error) {
	return nil, errs.New(errs.TryLater, "this node is not connected to a channel")
}
