package hub

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/figure"
	"tongban/internal/domain/office"
	"tongban/internal/handling/announce"
	"tongban/internal/handling/dispute"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// issueEvery is how often the hub looks whether its business date has reached a bulletin.
const issueEvery = 5 * time.Second

// bulletinShelf keeps each issue as a file YYYYMM.json, written once.
type bulletinShelf string

var _ announce.Store = bulletinShelf("")

func (h *Hub) openBulletins() error {
	h.issued = bulletinShelf(filepath.Join(h.cfg.Dir, "bulletins"))
	words := wordShelf(filepath.Join(h.cfg.Dir, "objections"))
	for _, dir := range []string{string(h.issued), string(words)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	h.Contests = &dispute.Relay{Trust: h.Trust.List, Now: h.cfg.Now, Book: figure.Default(), Store: words}
	h.Bulletins = &announce.Press{
		Me: office.Hub, Signer: h.operator, Now: h.cfg.Now, Book: figure.Default(), Store: h.issued, Members: h.members,
		Contested: func(ctx context.Context, month int) ([]proof.Signed, error) {
			return dispute.Contested(ctx, h.Contests.Store, month)
		},
		Months: func(context.Context) ([]int, error) { return h.Figures.Months(), nil },
		Said: func(_ context.Context, month int) (map[office.NodeID]proof.Signed, error) {
			return h.Figures.Said(month)
		},
	}
	return nil
}

// startBulletins issues what is due until the hub stops.
func (h *Hub) startBulletins() {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			if _, err := h.Bulletins.Round(ctx); err != nil {
				h.log.LogAttrs(ctx, slog.LevelWarn, "bulletin not issued", slog.String("error", err.Error()))
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(issueEvery):
			}
		}
	}()
	h.issuing = sync.OnceFunc(func() { cancel(); <-over })
}

func (s bulletinShelf) file(month int) string {
	return filepath.Join(string(s), strconv.Itoa(month)+".json")
}

// KeepBulletin writes one durably; errs.Stale if it is there.
func (s bulletinShelf) KeepBulletin(_ context.Context, month int, _ time.Time, x bulletin.Issued) error {
	body, err := proof.Marshal(x)
	if err != nil {
		return err
	}
	return linkOnce(string(s), s.file(month), body)
}

// Bulletin reads one; errs.Missing.
func (s bulletinShelf) Bulletin(_ context.Context, month int) (x bulletin.Issued, err error) {
	b, err := os.ReadFile(s.file(month)) //nolint:gosec // a folder of ours
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return x, errs.New(errs.Missing, "bulletin %d", month)
	case err != nil:
		return x, err
	case json.Unmarshal(b, &x) != nil:
		return x, errs.New(errs.CorruptRow, "bulletin %d", month)
	}
	return x, nil
}

// BulletinMonths lists what is there, the newest first.
func (s bulletinShelf) BulletinMonths(context.Context) ([]int, error) {
	entries, err := os.ReadDir(string(s))
	var out []int
	for _, e := range entries {
		if month, bad := strconv.Atoi(strings.TrimSuffix(e.Name(), ".json")); bad == nil {
			out = append(out, month)
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out, err
}
