package sqlstore

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"

	"tongban/internal/domain/journey"
	"tongban/internal/domain/mandate"
	"tongban/internal/domain/notice"
	"tongban/internal/domain/party"
	"tongban/internal/proof"
)

// resting is a column that holds something under the node's own keys: a data key, or a row that was written when its case was not here or
// that belongs to none. A test compares the list with the schema: a column that is missing here would be lost with its key.
type resting struct {
	table, col string
	keys       []string // the columns that name a row, in the order of an index
	kinds      string   // the type of each: t text, n bigint, b bytea
	ties       bool     // several rows may have the same keys
	datakey    bool     // it holds a wrapped data key, otherwise what lock makes

	id  func(keys []any) string // as the column's ciphertext is bound; nil: the first key
	mac string                  // a column beside it with the row's blind index, "" for none
	// who gives what the index is made of; ok is false if the row has none, or does not say. also is the column of that name.
	also string
	who  func(s *Store, id string, plain, also []byte, mac int64) (kind, value string, ok bool)
}

// rests are all such columns, in the order in which they are brought under new keys: rows that come with a case after the case.
var rests = []resting{
	{table: "cases", col: "datakey", keys: []string{"id"}, kinds: "t", datakey: true},
	{table: "drafts", col: "datakey", keys: []string{"id"}, kinds: "t", datakey: true, mac: "mac", also: "private", who: ofDraft},
	{table: "accounts", col: "body", keys: []string{"unit"}, kinds: "t", mac: "leader", who: ofAccount},
	{table: "alarms", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "challenges", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "complaints", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "contacts", col: "body", keys: []string{"mac"}, kinds: "n", id: nobody, mac: "mac", who: ofContact},
	{table: "facts", col: "private", keys: []string{"hash"}, kinds: "b", id: hexID},
	{table: "inbox", col: "signed", keys: []string{"sender", "id"}, kinds: "tt", id: pairID},
	{table: "inquiries", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "mandates", col: "body", keys: []string{"id"}, kinds: "t", mac: "agent", who: ofMandate},
	{table: "messages", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "notices", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "originals", col: "body", keys: []string{"case_id"}, kinds: "t"},
	{table: "orders", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "outbox", col: "files", keys: []string{"id"}, kinds: "t"},
	{table: "outbox", col: "signed", keys: []string{"id"}, kinds: "t"},
	{table: "papers", col: "signed", keys: []string{"id"}, kinds: "t"},
	{table: "presentations", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "ratings", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "share_answers", col: "subject", keys: []string{"asker", "id"}, kinds: "tt", id: second, mac: "mac", who: ofAnswer},
	{table: "share_consents", col: "body", keys: []string{"case_id", "id"}, kinds: "tt", id: second},
	{table: "share_found", col: "body", keys: []string{"id"}, kinds: "t"},
	{table: "share_rows", col: "body", keys: []string{"resource", "version", "mac"}, kinds: "tnn", ties: true, mac: "mac", who: ofShared},
	{table: "visits", col: "body", keys: []string{"id"}, kinds: "t", mac: "person", who: ofVisit},
	{table: "wallet", col: "body", keys: []string{"id"}, kinds: "t", mac: "owner", who: ofHeld},
	{table: "works", col: "body", keys: []string{"id"}, kinds: "t"},
}

func (r resting) column() string { return r.table + "." + r.col }

func (r resting) idOf(keys []any) string {
	if r.id != nil {
		return r.id(keys)
	}
	return keys[0].(string)
}

func nobody([]any) string      { return "" }
func hexID(keys []any) string  { return hex.EncodeToString(keys[0].([]byte)) }
func second(keys []any) string { return keys[1].(string) }
func pairID(keys []any) string { return keys[0].(string) + "/" + keys[1].(string) }

func ofDraft(s *Store, id string, plain, private []byte, _ int64) (kind, value string, ok bool) {
	key, err := s.vault.DataKey(plain)
	if err != nil {
		return "", "", false
	}
	var d journey.Draft
	body, err := key.Decrypt(private, aad("drafts.private", id))
	ok = err == nil && json.Unmarshal(body, &d) == nil
	return draftKind(party.ByNumber), d.Applicant.IDNo, ok
}

func ofAccount(_ *Store, _ string, plain, _ []byte, _ int64) (kind, value string, ok bool) {
	var a mandate.Account
	ok = proof.Unmarshal(plain, &a) == nil
	return leaderKind, a.Representative.IDNo, ok
}

func ofMandate(_ *Store, _ string, plain, _ []byte, _ int64) (kind, value string, ok bool) {
	var m mandate.Record
	ok = proof.Unmarshal(plain, &m) == nil
	return agentKind, m.Agent.IDNo, ok
}

func ofContact(_ *Store, _ string, plain, _ []byte, _ int64) (kind, value string, ok bool) {
	var c notice.Contact
	ok = json.Unmarshal(plain, &c) == nil
	return contactKind, c.Person.IDNo, ok
}

func ofVisit(_ *Store, _ string, plain, _ []byte, _ int64) (kind, value string, ok bool) {
	var p party.Person
	ok = json.Unmarshal(plain, &p) == nil && p.IDNo != "" // a walk-in may be nobody
	return visitKind, p.IDNo, ok
}

func ofAnswer(_ *Store, _ string, plain, _ []byte, _ int64) (kind, value string, ok bool) {
	return askedKind, string(plain), true
}

// ofShared finds the column by which people are found: the one whose index the row has.
func ofShared(s *Store, _ string, plain, _ []byte, mac int64) (kind, value string, ok bool) {
	var rec map[string]string
	if proof.Unmarshal(plain, &rec) != nil {
		return "", "", false
	}
	for _, v := range rec {
		if slices.Contains(s.macs(sharedKind, v), mac) {
			return sharedKind, v, true
		}
	}
	return "", "", false
}

func ofHeld(_ *Store, _ string, plain, _ []byte, _ int64) (kind, value string, ok bool) {
	owner, _, ok := cutOwner(plain)
	return string(owner.Kind), owner.Value, ok
}

// withOwner is what a wallet seals: 0 ‖ length of the kind ‖ kind ‖ length of the value (2 bytes) ‖ value ‖ body. Releases before the
// keys could be changed sealed the body alone, which is JSON and begins with no 0; its owner stands in the index only.
func withOwner(owner party.Lookup, body []byte) []byte {
	out := append([]byte{0, byte(len(owner.Kind))}, owner.Kind...)     //nolint:gosec // kinds are short constants
	out = binary.BigEndian.AppendUint16(out, uint16(len(owner.Value))) //nolint:gosec // a number
	return append(append(out, owner.Value...), body...)
}

func cutOwner(plain []byte) (owner party.Lookup, body []byte, ok bool) {
	if len(plain) < 2 || plain[0] != 0 {
		return owner, plain, false
	}
	n, rest := int(plain[1]), plain[2:]
	if len(rest) < n+2 {
		return owner, plain, false
	}
	m := int(binary.BigEndian.Uint16(rest[n:]))
	if len(rest) < n+2+m {
		return owner, plain, false
	}
	return party.Lookup{Kind: party.LookupKind(rest[:n]), Value: string(rest[n+2 : n+2+m])}, rest[n+2+m:], true
}
