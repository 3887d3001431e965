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
	"tongban/internal/adapter/workgate"
	"tongban/internal/domain/booking"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/item"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/office"
	"tongban/internal/domain/rating"
	"tongban/internal/domain/search"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/allot"
	"tongban/internal/handling/announce"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/carry"
	"tongban/internal/handling/cashier"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/correspond"
	"tongban/internal/handling/count"
	"tongban/internal/handling/decide"
	"tongban/internal/handling/dispatch"
	"tongban/internal/handling/dispute"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/empower"
	"tongban/internal/handling/erase"
	"tongban/internal/handling/evaluate"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/inquire"
	"tongban/internal/handling/lodge"
	"tongban/internal/handling/notify"
	"tongban/internal/handling/object"
	"tongban/internal/handling/publish"
	"tongban/internal/handling/rebuild"
	"tongban/internal/handling/share"
	"tongban/internal/handling/supervise"
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
	// Source is asked about people where no office gave a table; nil: only tables are.
	Source share.Source
	// Pay is the payment gateway; nil: fees are taken in cash only.
	Pay *Pay
	// Systems are the departmental systems that the operator connected; none: every case is worked here.
	Systems []workgate.Config
	// SystemsOff leaves them switched off until a head of their office switches them on.
	SystemsOff bool
	Log        *slog.Logger
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
	ID         office.NodeID
	Kit        *unit.Kit
	Store      *sqlstore.Store
	Lodge      *lodge.Desk
	Apply      *apply.Desk
	Bench      *decide.Bench
	Allot      *allot.Desk
	Issuer     *certify.Issuer
	Post       *handover.Post
	Files      files
	Status     *certify.Reader // how other provinces' licences stand
	Trust      *federate.Trust
	Vault      *proof.Vault
	Room       *notify.Room
	Words      *correspond.Desk
	Till       *cashier.Cashier
	Visits     *visit.Book
	Asks       *inquire.Desk
	Carry      *carry.Desk
	Units      *empower.Office
	Rates      *evaluate.Desk
	Complaints *evaluate.Complaints
	Works      *dispatch.Desk // what offices work in their own systems
	Watch      *supervise.Desk
	Mine       *elsewhere.Answerer // tells people who are signed in at other provinces their cases here
	Count      *count.Counter      // keeps the figures
	Contests   *dispute.Desk       // what provinces say about each other's figures
	Rules      *publish.Press      // what provinces and the operator published
	Shares     *share.Ledger       // what provinces said about data and sharing it

	Tables   *share.Hosted      // what offices here can be asked about
	Standing *share.Coordinator // proves own cases to who holds them
	Data     *share.Asker       // asks other provinces for a case
	Objects  *object.Desk       // objections to values
	Eraser   *erase.Eraser      // deletes what they told once its time is over
	provider *share.Provider    // answers other provinces

	systems map[string][]byte // keys shared with departmental systems
	lists   *certify.StatusDesk
	back    restored         // from a backup
	witness *witness.Witness // signs the heads of other logs
	keeper  *witness.Keeper  // has the heads of this log signed

	log     *slog.Logger
	leave   func()
	wake    chan struct{}
	news    chan struct{}      // rules were taken in
	said    chan struct{}      // this node said something about sharing
	behind  chan office.NodeID // whose rules are newer than what is here
	sending chan struct{}      // holds one while a round of sending is on its way
	missed  search.Misses
	speaker *count.Speaker // states the figures to the hub
	press   *announce.Press

	objected chan struct{} // an officer said something about a contested figure

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
	n := &Node{ID: cfg.ID, Trust: cfg.Trust, log: cfg.Log, wake: make(chan struct{}, 1), news: make(chan struct{}, 1), said: make(chan struct{}, 1), behind: make(chan office.NodeID, 8), sending: make(chan struct{}, 1), objected: make(chan struct{}, 1), leave: func() {}}
	cfg.Keys = mutedKeys{cfg.Keys, &n.back.mute}
	kit, key, err := n.kit(cfg)
	if err != nil {
		return nil, err
	}
	n.Kit = kit
	cfg.Store.Vault, cfg.Store.Me = n.Vault, cfg.ID
	cfg.Store.Watch = func(c casefile.Case) time.Time { return kit.Watch.First(c, cfg.ID, kit.Calendar) }
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
	n.Count = &count.Counter{Kit: kit, Store: n.Store, Book: figure.Default()}
	if err := n.Count.Open(ctx); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	store, err := blobs.New(blobs.Config{Dir: cfg.Dir + "/files", Now: cfg.Now})
	if err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	n.Files = files{store}
	if err := n.openRebuild(ctx); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	n.Mine = elsewhere.NewAnswerer(kit, key, n.Store, time.Now)
	n.Room = &notify.Room{Kit: kit, Store: n.Store, Gateways: cfg.Gateways, Day: page.ShortDay, Lets: n.lets}
	n.Words = &correspond.Desk{Kit: kit, Store: n.Store}
	n.Rates = &evaluate.Desk{Kit: kit, Store: n.Store, Codes: func(text string) [][]byte { return n.Vault.Indexes("rating-code", text) }}
	n.Watch = &supervise.Desk{Kit: kit, Store: n.Store, Orders: n.Store, Shared: func(c casefile.Case) []string { return n.Shares.Supplied(c.Item, n.ID) }}
	n.Complaints = &evaluate.Complaints{Kit: kit, Store: n.Store}
	n.witness = witness.New(kit, n.Store, time.Now)
	n.Lodge = &lodge.Desk{Kit: kit, Store: n.Store}
	n.Apply = &apply.Desk{Kit: kit, Store: n.Store, Cases: n.Store, Secure: time.Now}
	n.Units = &empower.Office{Kit: kit, Store: n.Store, Wallet: firms{n}, Secure: time.Now}
	n.Apply.Units = n.Units
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
	n.Allot = &allot.Desk{Kit: kit, Store: n.Store}
	if n.Issuer, err = n.issuer(cfg.Keys); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	n.Bench.Results = n.Issuer
	if err := n.openSystems(ctx, cfg); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	n.Mine.Licences, n.Mine.Records = n.licencesOf, n.recordsOf
	n.lists = certify.NewStatusDesk(n.Issuer, time.Now)
	n.Post = &handover.Post{
		Kit: kit, Store: n.Store, Files: n.Files, Key: key, Channel: alone{}, Parallel: cfg.Parallel, Outdated: n.outdated, Secure: time.Now,
	}
	if err := n.openSharing(ctx, key, cfg.Source); err != nil {
		return nil, errors.Join(err, n.Store.Close())
	}
	if cfg.Join != nil {
		if n.Post.Channel, n.leave, err = cfg.Join(n.Receive); err != nil {
			return nil, errors.Join(err, n.Store.Close())
		}
	}
	n.joinRebuild(key)
	n.Data = n.asking(key)
	n.Objects = &object.Desk{Kit: kit, Store: n.Store}
	n.Carry = &carry.Desk{Kit: kit, Store: n.Store}
	n.Eraser = &erase.Eraser{Kit: kit, Store: n.Store, Days: n.keepDays}
	n.Asks = &inquire.Desk{Kit: kit, Store: n.Store, Prove: n.Data.Prove, Secure: time.Now}
	n.speaker = &count.Speaker{Kit: kit, Store: n.Store, Book: figure.Default(), Ask: door{n.Post.Channel, n.ID, count.Kind}.Ask}
	n.press = n.bulletins()
	n.Contests = n.contests()
	n.Status = &certify.Reader{Trust: n.Trust.List, Channel: door{n.Post.Channel, n.ID, certify.StatusKind}, Store: n.Store, Now: cfg.Now}
	n.keeper = &witness.Keeper{Kit: kit, Store: n.Store, Channel: door{n.Post.Channel, n.ID, witness.Kind}}
	return n, nil
}

// together is how long a signature waits for others to share it with, on a node where much goes on at once.
const together = 2 * time.Millisecond

func (n *Node) kit(cfg Config) (*unit.Kit, gm.DecryptKey, error) {
	sign, _, err := federate.OwnKey(cfg.Keys, cfg.Trust.List(), cfg.ID)
	if err != nil {
		return nil, nil, err
	}
	decrypt, err := cfg.Keys.DecryptKey("encrypt")
	if err != nil {
		return nil, nil, err
	}
	n.Vault = proof.OpenVault(proof.AtRest(cfg.Keys))
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
	signer := proof.NewSigner(sign)
	if cfg.Parallel > 1 {
		signer.Gather(together)
	}
	return &unit.Kit{
		Me: cfg.ID, Signer: signer, Now: cfg.Now, Trust: cfg.Trust.List, Catalogue: item.Default().Fork(),
		Calendar: calendar, Regions: regions, Offices: offices, ES256: es, Protocol: cfg.Protocol, Wake: n.Wake,
		Notices: notice.Default(), Ratings: rating.Default(), Watch: watch.Default(), Complaints: complaint.Default(), Outlets: len(cfg.Gateways) > 0,
	}, decrypt, nil
}

// senders is how many rounds of sending run at once: while one waits for its answers, the next is on its way.
const senders = 2

// serialBlock is how many case numbers are taken in one commit. A restart skips what is left of them.
const serialBlock = 32

// Receive is the node's door to the channel.
func (n *Node) Receive(ctx context.Context, m handover.Message) ([]byte, error) {
	switch m.Kind { // a newer list is taken in at any time; a restored node signs none
	case "trust":
		return n.trust(ctx, m.Body)
	case federate.SuccessionKind:
		return n.succession(m.Body)
	}
	if err := n.Collecting(); err != nil {
		return nil, err
	}
	switch m.Kind {
	case rebuild.Kind:
		return n.back.answerer.Receive(ctx, m.From, m.Body)
	case rebuild.CopyKind:
		return n.back.holder.Receive(ctx, m.From, m.Body)
	case elsewhere.Kind:
		return n.Mine.Receive(ctx, m.From, m.Body)
	case publish.Kind:
		return n.Rules.Receive(ctx, m.From, m.Body)
	case share.QueryKind:
		return n.provider.Receive(ctx, m.From, m.Body)
	case share.StandingKind:
		return n.Standing.Receive(ctx, m.From, m.Body)
	case certify.StatusKind:
		return n.lists.Receive(ctx, m.From, m.Body)
	case share.NewsKind:
		return n.Shares.ReceiveNews(ctx, m.From, m.Body)
	case witness.Kind:
		return n.witness.Receive(ctx, m.From, m.Body)
	}
	return n.Post.Receive(ctx, m)
}

// succession answers the hub: a list that changes a member's signing key gets this member's signature, if both keys ask for it.
func (n *Node) succession(body []byte) ([]byte, error) {
	var c federate.Changing
	if err := proof.Unmarshal(body, &c); err != nil {
		return nil, err
	}
	signed, err := n.Trust.CoSignSuccession(c, n.Kit.Signer)
	if err != nil {
		return nil, err
	}
	return proof.Marshal(signed)
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
