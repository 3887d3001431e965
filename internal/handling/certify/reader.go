package certify

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/throttle"
)

// StatusKind is the door of a node's channel at which status lists are asked for: the same signed list that the node's pages
// serve to everybody.
const StatusKind = "status"

// Channel puts one question to another node and brings the answer; see handover.Channel.
type Channel interface {
	Ask(ctx context.Context, to office.NodeID, body []byte) (answer []byte, err error)
}

// Lists keeps the last list that was read of each other node. SeenStatus gives errs.Missing if none was.
type Lists interface {
	SeenStatus(ctx context.Context, uri string) (token string, at time.Time, err error)
	KeepStatus(ctx context.Context, uri, token string, at time.Time) error
}

// statusWait is how long another node may take; then the last list that is known counts, with its time.
const statusWait = 2 * time.Second

// Reader tells how other nodes' licences stand. Safe for concurrent use.
type Reader struct {
	Trust   func() *office.TrustList
	Channel Channel
	Store   Lists
	Now     func() time.Time // business time

	mu   sync.Mutex // guards kept
	kept map[string]statuslist.Seen
}

// Standing is what is known of a licence at its issuer.
type Standing struct {
	At   time.Time // of the list; zero if none was ever read
	Late bool      // the issuer could not be reached: this is the last that is known
}

// Standing judges a place in a node's list: nil, errs.LicenceSuspended, errs.LicenceRevoked, errs.StatusOutOfRange; or, if no
// list is to be had at all, errs.StatusMissing.
func (r *Reader) Standing(ctx context.Context, by office.NodeID, ref statuslist.Ref) (Standing, error) {
	seen, late, err := r.list(ctx, by, ref.URI)
	if err != nil {
		return Standing{}, err
	}
	return Standing{At: seen.At, Late: late}, seen.Judge(ref.Idx)
}

func (r *Reader) list(ctx context.Context, by office.NodeID, uri string) (seen statuslist.Seen, late bool, err error) {
	n, ok := r.Trust().Node(by)
	number, ours := strings.CutPrefix(uri, licence.IssuerID(n)+"/status/")
	if _, err := strconv.ParseInt(number, 10, 64); !ok || !ours || err != nil {
		return statuslist.Seen{}, false, errs.New(errs.StatusUnreadable, "list %q is none of %s", uri, by)
	}
	r.mu.Lock()
	seen, ok = r.kept[uri]
	r.mu.Unlock()
	if now := r.Now(); ok && seen.Fresh(now) && !seen.At.After(now.Add(time.Minute)) {
		return seen, false, nil
	}
	if seen, err = r.ask(ctx, by, uri, number); err == nil {
		return seen, false, nil
	}
	token, at, kerr := r.Store.SeenStatus(ctx, uri)
	if kerr != nil {
		return statuslist.Seen{}, false, errs.Wrap(errs.StatusMissing, err, "list %s", uri)
	}
	seen, err = licence.ReadStatus(token, uri, by, r.Trust(), at) // as it was read then
	return seen, true, err
}

func (r *Reader) ask(ctx context.Context, by office.NodeID, uri, number string) (statuslist.Seen, error) {
	ctx, cancel := context.WithTimeout(ctx, statusWait)
	defer cancel()
	token, err := r.Channel.Ask(ctx, by, []byte(number))
	if err != nil {
		return statuslist.Seen{}, err
	}
	seen, err := licence.ReadStatus(string(token), uri, by, r.Trust(), r.Now())
	if err != nil {
		return statuslist.Seen{}, err
	}
	r.mu.Lock()
	if r.kept == nil {
		r.kept = map[string]statuslist.Seen{}
	}
	r.kept[uri] = seen
	r.mu.Unlock()
	return seen, r.Store.KeepStatus(ctx, uri, string(token), seen.At)
}

// statusPerNode is how many lists one node may ask for in a minute.
const statusPerNode = 60

// StatusDesk answers other nodes' questions for status lists.
type StatusDesk struct {
	issuer *Issuer
	limit  *throttle.Throttle
}

// NewStatusDesk makes the answering side; now is security time.
func NewStatusDesk(s *Issuer, now func() time.Time) *StatusDesk {
	return &StatusDesk{s, throttle.New(statusPerNode, time.Minute, now)}
}

// Receive answers one question: the number of a list. Errors: errs.TooMany, errs.BadRequest, errs.Missing.
func (d *StatusDesk) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	if err := d.limit.Take(string(from)); err != nil {
		return nil, err
	}
	if len(body) > 20 {
		return nil, errs.New(errs.BadRequest, "%d bytes", len(body))
	}
	list, err := strconv.ParseInt(string(body), 10, 64)
	if err != nil || list < 1 {
		return nil, errs.New(errs.BadRequest, "list %q", body)
	}
	token, err := d.issuer.StatusToken(ctx, list)
	return []byte(token), err
}
