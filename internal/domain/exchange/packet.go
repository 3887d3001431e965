package exchange

import (
	"encoding/binary"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// Wire protocols (rule I10). A node writes the lower of what both announce and reads every one below.
//
//	1  one envelope to a packet, plain JSON inside the encryption
//	2  many envelopes to a packet, deflated
//	3  signed objects as their bytes behind the JSON of the rest; their suite may be proof.SuiteTree
const (
	OldestProtocol = 1
	NewestProtocol = 3
	// TreeProtocol is the first whose readers know proof.SuiteTree.
	TreeProtocol = 3
)

// MaxPacket bounds what a packet may open to, in bytes; attachments travel beside.
const MaxPacket = 8 << 20

// Packet is what one message carries: signed envelopes, and the key under which the answer comes back.
type Packet struct {
	Protocol  int            `json:"-"`
	From      office.NodeID  `json:"from"`
	To        office.NodeID  `json:"to"`
	AnswerKey []byte         `json:"answer_key"`
	Envelopes []proof.Signed `json:"envelopes,omitempty"`
}

// Answer is what a packet's receiver says: a receipt for each envelope dealt with, and what is missing for the others.
type Answer struct {
	Receipts []proof.Signed `json:"receipts,omitempty"`
	Needs    []Need         `json:"needs,omitempty"`
	Faults   []Fault        `json:"faults,omitempty"`
}

// Need names an attachment that must be complete before its envelope can be taken.
type Need struct {
	Envelope string     `json:"envelope"`
	Address  proof.Hash `json:"address"`
	Have     int64      `json:"have"` // bytes of ciphertext already there
}

// Fault says why an envelope was not dealt with now; the sender keeps it and tries again.
type Fault struct {
	Envelope proof.Hash `json:"envelope"`
	Code     errs.Code  `json:"code"`
}

var magic = [2]byte{'T', 'B'}

// Capacity is how many envelopes a packet of a protocol takes.
func Capacity(protocol int) int {
	if protocol < 2 {
		return 1
	}
	return 32
}

// PackFor encrypts a packet for its receiver: magic, protocol, sender and receiver as length-prefixed text, box.
func PackFor(p Packet, encrypt []byte) ([]byte, error) {
	if p.Protocol < OldestProtocol || p.Protocol > NewestProtocol || len(p.Envelopes) > Capacity(p.Protocol) {
		return nil, errs.New(errs.BadPacket, "protocol %d with %d envelopes", p.Protocol, len(p.Envelopes))
	}
	inner, err := encode(&p, &p.Envelopes, p.Protocol)
	if err != nil {
		return nil, err
	}
	head := header(p.Protocol, p.From, p.To)
	box, err := proof.Wrap(encrypt, inner, head)
	if err != nil {
		return nil, err
	}
	return append(head, box...), nil
}

// Unpack opens a packet that is meant for me. It believes nothing yet: envelopes are checked one by one.
func Unpack(b []byte, key gm.DecryptKey, me office.NodeID) (Packet, error) {
	protocol, from, to, rest, err := splitHeader(b)
	if err != nil {
		return Packet{}, err
	}
	if to != me {
		return Packet{}, errs.New(errs.WrongAddressee, "packet is for %q", to)
	}
	inner, err := proof.Unwrap(key, b[rest:], b[:rest])
	if err != nil {
		return Packet{}, err
	}
	var p Packet
	if err := decode(inner, protocol, &p, &p.Envelopes); err != nil {
		return Packet{}, err
	}
	if p.From != from || p.To != to || len(p.Envelopes) == 0 || len(p.Envelopes) > Capacity(protocol) || len(p.AnswerKey) != 16 {
		return Packet{}, errs.New(errs.BadPacket, "packet of %q does not match its header", from)
	}
	p.Protocol = protocol
	return p, nil
}

// PackAnswer encrypts an answer under the packet's key.
func PackAnswer(a Answer, p Packet) ([]byte, error) {
	inner, err := encode(&a, &a.Receipts, p.Protocol)
	if err != nil {
		return nil, err
	}
	head := header(p.Protocol, p.To, p.From)
	box, err := proof.EncryptWith(p.AnswerKey, inner, head)
	if err != nil {
		return nil, err
	}
	return append(head, box...), nil
}

// UnpackAnswer opens the answer to p.
func UnpackAnswer(b []byte, p Packet) (Answer, error) {
	protocol, from, to, rest, err := splitHeader(b)
	if err != nil {
		return Answer{}, err
	}
	if protocol != p.Protocol || from != p.To || to != p.From {
		return Answer{}, errs.New(errs.BadPacket, "answer comes from %q for %q", from, to)
	}
	inner, err := proof.DecryptWith(p.AnswerKey, b[rest:], b[:rest])
	if err != nil {
		return Answer{}, err
	}
	var a Answer
	if err := decode(inner, protocol, &a, &a.Receipts); err != nil {
		return Answer{}, err
	}
	return a, nil
}

func header(protocol int, from, to office.NodeID) []byte {
	h := []byte{magic[0], magic[1], byte(protocol)} //nolint:gosec // protocols are single digits
	for _, id := range []office.NodeID{from, to} {
		h = binary.BigEndian.AppendUint16(h, uint16(len(id))) //nolint:gosec // ids are a few bytes
		h = append(h, id...)
	}
	return h
}

func splitHeader(b []byte) (protocol int, from, to office.NodeID, rest int, err error) {
	if len(b) < 3 || b[0] != magic[0] || b[1] != magic[1] {
		return 0, "", "", 0, errs.New(errs.BadPacket, "no packet: %d bytes", len(b))
	}
	if protocol = int(b[2]); protocol < OldestProtocol || protocol > NewestProtocol {
		return 0, "", "", 0, errs.New(errs.UnknownProtocol, "protocol %d", protocol)
	}
	rest = 3
	var ids [2]office.NodeID
	for i := range ids {
		if len(b) < rest+2 {
			return 0, "", "", 0, errs.New(errs.BadPacket, "cut short in its header")
		}
		n := int(binary.BigEndian.Uint16(b[rest:]))
		if n > 16 || len(b) < rest+2+n {
			return 0, "", "", 0, errs.New(errs.BadPacket, "header names %d bytes", n)
		}
		ids[i] = office.NodeID(b[rest+2 : rest+2+n])
		rest += 2 + n
	}
	return protocol, ids[0], ids[1], rest, nil
}
