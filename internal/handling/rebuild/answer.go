package rebuild

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"time"

	"github.com/klauspost/compress/flate"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/throttle"
	"tongban/internal/proof"
)

// The questions that a province which collects may ask. Its name is not proved: it signs nothing. So what is answered is
// encrypted for the key that the trust list names for it, and is worth nothing to anybody else.
const (
	askHead = "head" // the newest head of its log
	askPage = "page" // the piece of its log after From
	askSent = "sent" // which envelopes it gave receipts for, after the id After
	askTook = "took" // which envelopes were taken from it
	askPair = "pair" // one of them: Took says which way, ID names it
	askFile = "file" // a piece of an attachment, from the byte From on
)

type question struct {
	What    string     `json:"what"`
	From    int64      `json:"from,omitempty"`
	After   string     `json:"after,omitempty"`
	ID      string     `json:"id,omitempty"`
	Took    bool       `json:"took,omitempty"`
	Address proof.Hash `json:"address,omitzero"`
}

type answer struct {
	Head  proof.Signed `json:"head,omitzero"`
	Page  Page         `json:"page,omitzero"`
	List  []Passed     `json:"list,omitempty"`
	Piece []byte       `json:"piece,omitempty"` // as it travels to the post room
	pair  pair
}

// pair is an envelope with the receipt for it.
type pair struct{ envelope, receipt proof.Signed }

const (
	// listed is how many envelopes an answer names.
	listed = 2000
	// mostAsked is the most bytes of a question, mostAnswer what an answer may open to.
	mostAsked  = 4 << 10
	mostAnswer = exchange.MaxPacket
	// asksPerNode is how many questions of one node are answered in a minute.
	asksPerNode = 12_000
)

// AnswerStore is what answering needs of the own store.
type AnswerStore interface {
	CopyStore
	SeenHead(ctx context.Context, node office.NodeID) (proof.Signed, bool, error)
	SentTo(ctx context.Context, node office.NodeID, after string, limit int) ([]Passed, error)
	TookFrom(ctx context.Context, node office.NodeID, after string, limit int) ([]Passed, error)
	Sent(ctx context.Context, id string) (exchange.Parcel, *exchange.Settlement, error)
	Arrival(ctx context.Context, from office.NodeID, id string) (exchange.Arrival, bool, error)
}

// Piecer reads a piece of an attachment from a byte on, in the form in which it travels; errs.Missing if it is not here.
type Piecer interface {
	Piece(ctx context.Context, address proof.Hash, from int64) ([]byte, error)
}

// Answerer is the side of the others.
type Answerer struct {
	kit   *unit.Kit
	store AnswerStore
	files Piecer
	nodes *throttle.Throttle
}

// NewAnswerer makes the answering side of a node; now is security time.
func NewAnswerer(kit *unit.Kit, store AnswerStore, files Piecer, now func() time.Time) *Answerer {
	return &Answerer{kit: kit, store: store, files: files, nodes: throttle.New(asksPerNode, time.Minute, now)}
}

// Receive answers a province about what it lost: only what it sent, took or wrote itself.
func (a *Answerer) Receive(ctx context.Context, from office.NodeID, body []byte) ([]byte, error) {
	if err := a.nodes.Take(string(from)); err != nil {
		return nil, err
	}
	to, ok := a.kit.Trust().Node(from)
	if !ok || !from.Member() || from == a.kit.Me {
		return nil, errs.New(errs.UnknownNode, "%.8q", from)
	}
	var q question
	if len(body) > mostAsked {
		return nil, errs.New(errs.BadRequest, "%d bytes", len(body))
	}
	if err := proof.Unmarshal(body, &q); err != nil {
		return nil, err
	}
	out, err := a.answer(ctx, from, q)
	if err != nil {
		return nil, err
	}
	plain, err := out.pack()
	if err != nil {
		return nil, err
	}
	return proof.Wrap(to.Encrypt, plain, answerAAD(a.kit.Me, from, body))
}

func answerAAD(by, to office.NodeID, question []byte) []byte {
	return aad("rebuild", string(by), string(to), string(question))
}

func (a *Answerer) answer(ctx context.Context, from office.NodeID, q question) (out answer, err error) {
	switch q.What {
	case askHead:
		out.Head, _, err = a.store.SeenHead(ctx, from)
	case askPage:
		out.Page, _, err = a.store.CopyAfter(ctx, from, q.From)
	case askSent:
		out.List, err = a.store.SentTo(ctx, from, q.After, listed)
	case askTook:
		out.List, err = a.store.TookFrom(ctx, from, q.After, listed)
	case askPair:
		out.pair, err = a.pair(ctx, from, q)
	case askFile:
		out.Piece, err = a.files.Piece(ctx, q.Address, q.From)
	default:
		err = errs.New(errs.BadRequest, "question %.16q", q.What)
	}
	return out, err
}

func (a *Answerer) pair(ctx context.Context, from office.NodeID, q question) (pair, error) {
	if q.Took {
		in, ok, err := a.store.Arrival(ctx, from, q.ID)
		if err == nil && !ok {
			err = errs.New(errs.Missing, "envelope %.64q", q.ID)
		}
		return pair{in.Signed, in.Receipt}, err
	}
	p, settled, err := a.store.Sent(ctx, q.ID)
	switch {
	case err != nil:
		return pair{}, err
	case p.To != from || settled == nil:
		return pair{}, errs.New(errs.Missing, "envelope %.64q", q.ID)
	}
	return pair{p.Signed, settled.Receipt}, nil
}

// pack is, deflated: the length of the JSON, the JSON, envelope and receipt as bytes.
func (a answer) pack() ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	plain = append(binary.AppendUvarint(nil, uint64(len(plain))), plain...)
	plain = a.pair.receipt.AppendBinary(a.pair.envelope.AppendBinary(plain))
	var b bytes.Buffer
	w := pageWriters.Get().(*flate.Writer)
	defer pageWriters.Put(w)
	w.Reset(&b)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// openAnswer is the reverse of pack after Unwrap; errs.CannotDecrypt or errs.BadPacket for anything else.
func openAnswer(key gm.DecryptKey, by, me office.NodeID, question, raw []byte) (answer, error) {
	var a answer
	packed, err := proof.Unwrap(key, raw, answerAAD(by, me, question))
	if err != nil {
		return a, err
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostAnswer+1))
	if err != nil || len(plain) > mostAnswer {
		return a, errs.New(errs.BadPacket, "an answer that does not unpack")
	}
	n, used := binary.Uvarint(plain)
	if used <= 0 || n > uint64(len(plain)-used) { //nolint:gosec // used is at most len(plain)
		return a, errs.New(errs.BadPacket, "cut short")
	}
	if err := json.Unmarshal(plain[used:used+int(n)], &a); err != nil { //nolint:gosec // n is within plain
		return a, errs.Wrap(errs.BadPacket, err, "an answer")
	}
	var ok, too bool
	rest := plain[used+int(n):] //nolint:gosec // n is within plain
	a.pair.envelope, rest, ok = proof.CutSigned(rest)
	a.pair.receipt, rest, too = proof.CutSigned(rest)
	if !ok || !too || len(rest) > 0 {
		return a, errs.New(errs.BadPacket, "an answer of another form")
	}
	return a, nil
}
