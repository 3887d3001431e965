// Package fsck holds the data of a node, or of a nation, against the rules that never bend (architecture §2: I1–I9). Tests, the simulation and operators use the same check. It reads case by case and keeps nothing, so it can run
// on a store of any size.
package fsck

import (
	"context"
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/challenge"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/fee"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/inquiry"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/original"
	"tongban/internal/domain/sharing"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// Reader is a store as this check reads it. A row that does not open is errs.CorruptRow, which becomes a violation.
type Reader interface {
	Cases
	Post
	Book
	Figures
	Inquiries
	Originals
	Rules
	Data
}

// Cases is the part about cases. CaseColumns names the columns that do not repeat what the case's state says; LostAct says whether
// a fact is one that a rebuild could not find again.
type Cases interface {
	EachCaseID(ctx context.Context, f func(id string) error) error
	Case(ctx context.Context, id string) (casefile.Case, error)
	CaseColumns(ctx context.Context, c casefile.Case) ([]string, error)
	Facts(ctx context.Context, caseID string) ([]casefile.Known, error)
	Papers(ctx context.Context, caseID string) ([]unit.Paper, error)
	Charge(ctx context.Context, caseID string) (fee.Charge, error)
	LostAct(ctx context.Context, fact proof.Hash) (bool, error)
}

// Post is the part about hand-overs. A parcel comes with its settlement, nil while it waits.
type Post interface {
	Sent(ctx context.Context, id string) (exchange.Parcel, *exchange.Settlement, error)
	EachParcel(ctx context.Context, f func(exchange.Parcel, *exchange.Settlement) error) error
	ParcelsOf(ctx context.Context, caseID string, f func(exchange.Parcel, *exchange.Settlement) error) error
	Arrival(ctx context.Context, from office.NodeID, id string) (exchange.Arrival, bool, error)
	EachArrival(ctx context.Context, f func(exchange.Arrival) error) error
	ArrivalsOf(ctx context.Context, caseID string) ([]exchange.Arrival, error)
}

// Book is the part about the access log.
type Book interface {
	Head(ctx context.Context) (size int64, at time.Time, root [32]byte, sm, es []byte, err error)
	LogFrom(ctx context.Context, from int64, f func(idx int64, leaf []byte) error) error
	LogOf(ctx context.Context, caseID string) ([]accesslog.Entry, error)
	LogWaiting(ctx context.Context) (count int, oldest time.Time, err error)
}

// Figures is the part about what boards show.
type Figures interface {
	Figures(ctx context.Context) ([]figure.Cell, error)
	HeldReceipts(ctx context.Context, caseID string) ([]proof.Signed, error)
	Tallies(ctx context.Context, caseID string) (list []figure.Tally, marked bool, err error)
	BulletinMonths(ctx context.Context) ([]int, error)
	Bulletin(ctx context.Context, month int) (bulletin.Issued, error)
	Words(ctx context.Context) ([]unit.Objected, error)
}

// Inquiries is the part about what offices asked one another.
type Inquiries interface {
	Inquiry(ctx context.Context, id string) (inquiry.Inquiry, error)
	Inquiries(ctx context.Context, caseID string) ([]inquiry.Inquiry, error)
	EachInquiry(ctx context.Context, f func(inquiry.Inquiry) error) error
}

// Originals is the part about paper originals; an empty chain for a case that has none.
type Originals interface {
	Originals(ctx context.Context, caseID string) (original.Chain, error)
}

// Rules is the part about what provinces published, which says under which mandates something was decided.
type Rules interface {
	Publishers(ctx context.Context) (map[office.NodeID]int, error)
	Bundles(ctx context.Context, publisher office.NodeID, after, limit int) ([]unit.RuleBundle, error)
}

// Data is the part about what provinces agreed on and asked each other. EachAnswered leaves the person out.
type Data interface {
	Speakers(ctx context.Context) (map[office.NodeID]int, error)
	Statements(ctx context.Context, by office.NodeID, after, limit int) ([]unit.Said, error)
	FoundOf(ctx context.Context, caseID string) ([]unit.Found, error)
	EachAnswered(ctx context.Context, f func(unit.Answered) error) error
	DeletedOf(ctx context.Context, caseID string) ([]unit.Erased, error)
	Complaints(ctx context.Context, caseID string) ([]complaint.Complaint, error)
	Challenges(ctx context.Context, caseID string) ([]challenge.Challenge, error)
}

// Node is one node's data with the trust list that it goes by.
type Node struct {
	ID     office.NodeID
	Reader Reader
	Trust  *office.TrustList
}

// Options say how much is checked. The zero value checks everything that does not need a clock.
type Options struct {
	// Cases limits the check to these cases, for the simulation; nil is all, with the log's tree and what provinces asked each other.
	Cases []string
	// Now is business time, for the two bounds below.
	Now time.Time
	// MaxWait is how long a parcel may wait for its receipt (I9); 0 is for ever.
	MaxWait time.Duration
	// MaxUnhashed is how long a log entry may stand outside the tree (I5); 0 is for ever.
	MaxUnhashed time.Duration
	// Catalogue and Calendar are what limits and rule versions are held against; nil takes those inside the binary.
	Catalogue *item.Catalogue
	Calendar  *workday.Calendar
	// Figures has the boards' figures reckoned again from the signed facts.
	Figures bool
}

// Violation is one thing that breaks a rule. Text holds no personal data.
type Violation struct {
	Rule string        `json:"rule"` // I1…I9, "fee", "mandate", "figure", "keep", or "state" where a row contradicts itself
	Node office.NodeID `json:"node,omitempty"`
	Case string        `json:"case,omitempty"`
	Text string        `json:"text"`
}

// Report is what was looked at, and what is wrong.
type Report struct {
	Checked    map[string]int `json:"checked"`
	Violations []Violation    `json:"violations"`
}

// Err is errs.RulesViolated with the first violation, or nil.
func (r Report) Err() error {
	if len(r.Violations) == 0 {
		return nil
	}
	v := r.Violations[0]
	return errs.New(errs.RulesViolated, "%d violations, the first: %s node %s case %s: %s", len(r.Violations), v.Rule, v.Node, v.Case, v.Text)
}

// tries is how often something must be found wrong: nodes may be at work while they are read, and two stores are not read
// at one instant.
const tries = 3

// Check holds the nodes against the rules. What needs another node (who holds a leg, whether an envelope came) is checked
// where that node is among them. The error is that of a store that cannot be read.
func Check(ctx context.Context, nodes []Node, opt Options) (Report, error) {
	c, err := newCheck(ctx, nodes, opt)
	if err != nil {
		return Report{}, err
	}
	for _, n := range nodes {
		if err := c.node(n); err != nil {
			return Report{}, err
		}
	}
	if opt.Figures && opt.Cases == nil {
		if err := c.settled(c.books); err != nil {
			return Report{}, err
		}
	}
	return c.report, nil
}

type check struct {
	ctx    context.Context
	nodes  []Node
	opt    Options
	report Report
	found  []Violation                       // by the try that runs
	cats   map[office.NodeID]*item.Catalogue // with what each node knows to be published
	behind map[office.NodeID]bool            // nodes with facts that are not counted yet
}

func newCheck(ctx context.Context, nodes []Node, opt Options) (*check, error) {
	if opt.Catalogue == nil {
		opt.Catalogue = item.Default()
	}
	if opt.Calendar == nil {
		var err error
		if opt.Calendar, err = workday.Default(); err != nil {
			return nil, err
		}
	}
	return &check{ctx: ctx, nodes: nodes, opt: opt, behind: map[office.NodeID]bool{}, cats: map[office.NodeID]*item.Catalogue{}, report: Report{Checked: map[string]int{}, Violations: []Violation{}}}, nil
}

func (c *check) node(n Node) error {
	c.report.Checked["nodes"]++
	one := func(id string) error {
		c.report.Checked["cases"]++
		return c.settled(func() error { return c.oneCase(n, id) })
	}
	if c.opt.Cases != nil {
		for _, id := range c.opt.Cases {
			if err := one(id); err != nil {
				return err
			}
			if err := c.settled(func() error { return c.postOf(n, id) }); err != nil {
				return err
			}
			if err := c.settled(func() error { return c.askedOf(n, id) }); err != nil {
				return err
			}
		}
		return nil
	}
	var book *sharing.Book
	if err := c.settled(func() (err error) { book, err = c.ledger(n); return err }); err != nil {
		return err
	}
	if err := n.Reader.EachCaseID(c.ctx, func(id string) error {
		if err := one(id); err != nil {
			return err
		}
		if err := c.settled(func() error { return c.questions(n, book, id) }); err != nil {
			return err
		}
		return c.settled(func() error { return c.kept(n, book, id) })
	}); err != nil {
		return err
	}
	if err := c.settled(func() error { return c.answers(n) }); err != nil {
		return err
	}
	if err := c.post(n); err != nil {
		return err
	}
	if err := c.asked(n); err != nil {
		return err
	}
	if c.opt.Figures {
		if err := c.settled(func() error { return c.figures(n) }); err != nil {
			return err
		}
		if err := c.settled(func() error { return c.bulletins(n) }); err != nil {
			return err
		}
		if err := c.settled(func() error { return c.words(n) }); err != nil {
			return err
		}
	}
	return c.settled(func() error { return c.book(n) })
}

// settled runs a check until it finds nothing, a few times at most, and keeps what the last try found.
func (c *check) settled(run func() error) error {
	for range tries {
		c.found = nil
		if err := run(); err != nil {
			return err
		}
		if len(c.found) == 0 {
			return nil
		}
	}
	c.report.Violations = append(c.report.Violations, c.found...)
	return nil
}

func (c *check) say(rule string, n Node, caseID string, words ...string) {
	c.found = append(c.found, Violation{Rule: rule, Node: n.ID, Case: caseID, Text: strings.Join(words, " ")})
}

// spoilt reports a row that does not open; any other error is returned.
func (c *check) spoilt(n Node, caseID string, err error) error {
	if errs.KindOf(err) != errs.Corrupt {
		return err
	}
	c.say("state", n, caseID, err.Error())
	return nil
}

// at finds a node of the set.
func (c *check) at(id office.NodeID) (Node, bool) {
	i := slices.IndexFunc(c.nodes, func(n Node) bool { return n.ID == id })
	if i < 0 {
		return Node{}, false
	}
	return c.nodes[i], true
}

// signedBy says what is wrong with a signature that should be a node's, or "".
func signedBy(n Node, s proof.Signed, typ string, by office.NodeID) string {
	signer, err := n.Trust.Check(s, typ)
	switch {
	case err != nil:
		return err.Error()
	case signer.ID != by:
		return "signed by " + string(signer.ID) + ", not by " + string(by)
	}
	return ""
}
