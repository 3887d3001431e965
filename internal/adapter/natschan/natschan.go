// Package natschan is the channel between nodes over NATS: provinces are clients of a server inside the hub or of a
// cluster that the hub's operator runs. Only core request and reply is used, no stream is stored: what must not be
// lost stands in the sender's outbox until the receiver's signed receipt has come back.
//
// Who sends is settled by the server, not by the message: a node proves its NKey at sign-in, on a TLS 1.3 connection
// with certificates on both sides, and may publish only under subjects that end with its own name:
//
//	gov.<to>.<kind>.<from>     requests; a node publishes gov.*.*.<me> and subscribes gov.<me>.>
//	_INBOX.<me>.>              answers; a node may publish one for each request that it got
//
// A request carries the header Tongban-Wait (milliseconds that the sender will wait: a span, so that no two clocks are
// compared). An answer with the header Tongban-Code (a number of errs) is an error whose detail is its body.
package natschan

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
)

const (
	// MaxBody is the largest message or answer in bytes.
	MaxBody = 1536 << 10
	// maxPayload is what the server lets through: MaxBody with room for headers.
	maxPayload = 2 << 20
	// pingEvery and pingsOut find a dead link within about six seconds; the library's own figures take minutes.
	pingEvery = 2 * time.Second
	pingsOut  = 2
	// signInWithin bounds TLS and the NKey proof, in seconds as the server wants it. Generous: a slow machine is no attack.
	signInWithin = 10
	// answerWithin is how long a node may answer a request that it got.
	answerWithin = 2 * time.Minute

	headerWait = "Tongban-Wait"
	headerCode = "Tongban-Code"
	maxDetail  = 512 // bytes of an error's detail that cross
)

// token says whether s can stand as one part of a subject: lower-case letters, digits and hyphens, at most 63.
func token(s string) bool {
	if s == "" || len(s) > 63 {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func requestSubject(to office.NodeID, kind string, from office.NodeID) string {
	return "gov." + string(to) + "." + kind + "." + string(from)
}

func inbox(id office.NodeID) string { return "_INBOX." + string(id) }

// sender reads kind and sender from the subject of a request to me, and checks that the answer goes to that sender: a
// node chooses its reply subject freely and could otherwise make me write into a third node's inbox.
func sender(me office.NodeID, subject, reply string) (from office.NodeID, kind string, ok bool) {
	part := strings.Split(subject, ".")
	if len(part) != 4 || part[0] != "gov" || part[1] != string(me) || !token(part[2]) || !token(part[3]) {
		return "", "", false
	}
	from = office.NodeID(part[3])
	return from, part[2], strings.HasPrefix(reply, inbox(from)+".")
}

// crossing is what another node may learn of an error: code and detail, not the cause; of our own faults only that
// there was one.
func crossing(err error) (errs.Code, string) {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code.Kind() == errs.Internal {
		return errs.CodeOf(err), "at the other node"
	}
	detail := e.Detail
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "")
	}
	return e.Code, detail
}

// NewNKey makes a node's NKey: the seed is the secret that Config.Seed wants, public ("U…") is what Node wants.
func NewNKey() (seed []byte, public string, err error) {
	kp, err := nkeys.CreateUser()
	if err != nil {
		return nil, "", err
	}
	defer kp.Wipe()
	if public, err = kp.PublicKey(); err != nil {
		return nil, "", err
	}
	seed, err = kp.Seed()
	return bytes.Clone(seed), public, err // Wipe overwrites the pair's own
}

// PublicNKey is the public half ("U…") of an NKey's secret seed.
func PublicNKey(seed []byte) (string, error) {
	key, err := nkeys.FromSeed(seed)
	if err != nil {
		return "", errs.New(errs.ChannelConfig, "no NKey seed")
	}
	return key.PublicKey()
}
