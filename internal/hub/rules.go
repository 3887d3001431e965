package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"tongban/catalogue"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/handling/publish"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/proof"
)

// relay passes rules on: what one province publishes the hub takes in like any member, verified, and tells the others.
// Its own word is the national layer alone.
type relay struct {
	*publish.Press
	news chan struct{}
	end  func()
}

// NationalFile is the operator's word on the national layer as `tongban catalogue verify` reads it.
type NationalFile struct {
	Operator []byte       `json:"operator"` // public key that the reader has compared by another way
	National proof.Signed `json:"national"`
}

func (h *Hub) openRules(ctx context.Context) error {
	regions, err := region.Default()
	if err != nil {
		return err
	}
	shelf := ruleShelf(filepath.Join(h.cfg.Dir, "rules"))
	if err := os.MkdirAll(string(shelf), 0o700); err != nil {
		return err
	}
	news := make(chan struct{}, 1)
	h.Rules = relay{news: news, Press: &publish.Press{
		Kit: &unit.Kit{
			Me: office.Hub, Signer: h.operator, Now: h.cfg.Now, Trust: h.Trust.List, Catalogue: item.Default().Fork(), Regions: regions,
		},
		Store: shelf, Operator: h.operator.Public(), Log: h.log, Woken: func() {
			select {
			case news <- struct{}{}:
			default:
			}
		},
	}}
	if _, err := h.Rules.Reload(ctx); err != nil {
		return err
	}
	return h.Rules.Sign(ctx, catalogue.Digest())
}

// startRelay tells members what is new until the returned relay ends.
func (h *Hub) startRelay() {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-ctx.Done():
				return
			case <-h.Rules.news:
				h.tell(ctx)
			}
		}
	}()
	h.Rules.end = sync.OnceFunc(func() { cancel(); <-over })
}

// telling is how many members are told at once.
const telling = 4

// tell meets every member. Who is away asks by itself when it is back.
func (h *Hub) tell(ctx context.Context) {
	var wg sync.WaitGroup
	gate := make(chan struct{}, telling)
	for _, n := range h.Trust.List().Nodes {
		if !n.ID.Member() {
			continue
		}
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			if err := h.Rules.Meet(ctx, n.ID, h.askRules); err != nil {
				h.log.LogAttrs(ctx, levelDebug, "rules not delivered", attrNode(n.ID), slog.String("error", err.Error()))
			}
		})
	}
	wg.Wait()
}

func (h *Hub) askRules(ctx context.Context, to office.NodeID, body []byte) ([]byte, error) {
	return h.channel.Send(ctx, to, handover.Message{From: office.Hub, Kind: publish.Kind, Body: body})
}

// national serves the operator's word on the national layer.
func (h *Hub) national(w http.ResponseWriter, _ *http.Request) {
	b, ok := h.Rules.National()
	if !ok {
		answer(w, nil, errs.New(errs.Missing, "no national layer yet"))
		return
	}
	s, err := h.Rules.Signed(b.Publisher, b.Seq)
	answer(w, NationalFile{Operator: h.operator.Public(), National: s}, err)
}

// ruleShelf keeps bundles as files PUBLISHER-SEQ.json, each written once.
type ruleShelf string

var _ publish.Store = ruleShelf("")

// Bundles reads a publisher's bundles after a number.
func (s ruleShelf) Bundles(_ context.Context, who office.NodeID, after, limit int) ([]unit.RuleBundle, error) {
	var out []unit.RuleBundle
	for seq := after + 1; len(out) < limit; seq++ {
		b, err := os.ReadFile(s.file(who, seq))
		if errors.Is(err, fs.ErrNotExist) {
			return out, nil
		}
		var signed proof.Signed
		if err != nil || json.Unmarshal(b, &signed) != nil {
			return out, errs.New(errs.CorruptRow, "rules %s %d", who, seq)
		}
		out = append(out, unit.RuleBundle{Publisher: who, Seq: seq, Hash: signed.Hash(), Signed: signed})
	}
	return out, nil
}

// Publishers gives the last number of each.
func (s ruleShelf) Publishers(context.Context) (map[office.NodeID]int, error) {
	entries, err := os.ReadDir(string(s))
	out := map[office.NodeID]int{}
	for _, e := range entries {
		who, rest, ok := strings.Cut(strings.TrimSuffix(e.Name(), ".json"), "-")
		seq, bad := strconv.Atoi(rest)
		if ok && bad == nil && strings.HasSuffix(e.Name(), ".json") {
			out[office.NodeID(who)] = max(out[office.NodeID(who)], seq)
		}
	}
	return out, err
}

// Commit writes the unit's bundles durably; errs.Stale if one is there. The hub has no access log: what it refuses stands in
// its program log.
func (s ruleShelf) Commit(_ context.Context, u unit.Unit) error {
	for _, b := range u.Rules {
		if err := s.write(b); err != nil {
			return err
		}
	}
	return nil
}

func (s ruleShelf) write(b unit.RuleBundle) error {
	body, err := proof.Marshal(b.Signed)
	if err != nil {
		return err
	}
	return linkOnce(string(s), s.file(b.Publisher, b.Seq), body)
}

// linkOnce writes a file of a folder durably, whole or not at all; errs.Stale if it is there.
func linkOnce(dir, file string, body []byte) error {
	tmp, err := os.CreateTemp(dir, "new-*.tmp")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(body)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), file); errors.Is(err, fs.ErrExist) { // fails if it is there
		return errs.New(errs.Stale, "%s", filepath.Base(file))
	} else if err != nil {
		return err
	}
	return nil
}

func (s ruleShelf) file(who office.NodeID, seq int) string {
	return filepath.Join(string(s), fmt.Sprintf("%s-%d.json", who, seq))
}
