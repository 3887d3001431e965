package blobs

import (
	"context"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// leastReserve is what even the smallest arriving attachment counts against its sender's quota, since each takes a file.
const leastReserve = 64 << 10

// source names an arriving attachment. Each sender has its own: one that sends garbage under an address does not spoil
// what an honest one sends under it.
type source struct {
	from    office.NodeID
	address proof.Hash
}

// partial is an attachment that is arriving, kept as <dir>/partial/<address>.<sender>.<total>; the file's length is how
// far it has come. Chunks are not synced one by one: what a power cut damages fails the hash and is sent again.
type partial struct {
	source
	total int64
	have  atomic.Int64
	last  atomic.Int64 // business time of the last chunk, Unix microseconds; also the file's time of change

	busy sync.Mutex // guards the file, sum and gone; taken before Store.mu
	sum  hash.Hash  // of the first have bytes; nil: to be read again from the file
	gone bool
}

func (s *Store) partialPath(p *partial) string {
	return filepath.Join(s.arriving(), p.address.String()+"."+string(p.from)+"."+strconv.FormatInt(p.total, 10))
}

// Append takes one piece of a ciphertext of total bytes from a sender and returns how many bytes are here now: the
// offset of the piece to send next, total when the attachment is whole, synced and matches its address. A piece with
// another offset changes nothing, so lost, repeated and reordered pieces need no care, and an empty piece just asks. It
// returns errs.BlobBadChunk, errs.BlobTooLarge, errs.BlobQuota, errs.DiskFull (the piece is not kept), or
// errs.BlobMismatch (everything is dropped and must be sent from the start).
func (s *Store) Append(ctx context.Context, from office.NodeID, address proof.Hash, offset, total int64, chunk []byte) (have int64, err error) {
	c := Chunk{Address: address, Offset: offset, Total: total, Data: chunk}
	if err := c.check(); err != nil {
		return 0, err
	}
	if !from.Known() {
		return 0, errs.New(errs.BlobBadChunk, "sender %q", from)
	}
	if total > s.cfg.MaxBytes {
		return 0, errs.New(errs.BlobTooLarge, "%s has %d bytes, %d allowed", address, total, s.cfg.MaxBytes)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if size, ok := s.complete(address); ok && size != total {
		return size, errs.New(errs.BlobBadChunk, "%s has %d bytes, not %d", address, size, total)
	} else if ok { // asked before the quota: nothing is left to do, and what this sender had begun is of no use
		_, err := s.dropIf(func(p *partial) bool { return p.source == source{from, address} })
		return size, err
	}
	p, err := s.begin(source{from, address}, total)
	if err != nil {
		return 0, err
	}
	defer p.busy.Unlock()
	if _, ok := s.complete(address); ok { // since then, from this or another sender
		return total, s.drop(p)
	}
	if offset != p.have.Load() || len(chunk) == 0 {
		return p.have.Load(), nil
	}
	return s.grow(p, chunk)
}

// begin finds or makes the partial and returns it with busy held.
func (s *Store) begin(src source, total int64) (*partial, error) {
	for {
		p, err := s.reserve(src, total)
		if err != nil {
			return nil, err
		}
		p.busy.Lock()
		switch {
		case p.gone: // finished or dropped since
		case p.total != total: // its sender changed its mind: the old beginning is of no use
			if err := s.drop(p); err != nil {
				p.busy.Unlock()
				return nil, err
			}
		default:
			p.touch(s.cfg.Now())
			return p, nil
		}
		p.busy.Unlock()
	}
}

func (s *Store) reserve(src source, total int64) (*partial, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.partials[src]; p != nil {
		return p, nil
	}
	reserved := max(total, leastReserve)
	for _, o := range s.partials {
		if o.from == src.from {
			reserved += max(o.total, leastReserve)
		}
	}
	if reserved > s.cfg.Quota {
		return nil, errs.New(errs.BlobQuota, "%s would have %d unfinished bytes, %d allowed", src.from, reserved, s.cfg.Quota)
	}
	p := &partial{source: src, total: total, sum: gm.NewSM3()}
	s.partials[src] = p
	return p, nil
}

func (p *partial) touch(now time.Time) { p.last.Store(now.UnixMicro()) }

// grow writes a piece that fits, and publishes the attachment when it was the last. busy is held.
func (s *Store) grow(p *partial, chunk []byte) (int64, error) {
	before := p.have.Load()
	path := s.partialPath(p)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // a name made of checked parts
	if err != nil {
		return before, disk(err, "piece of %s", p.address)
	}
	defer func() { _ = f.Close() }() // closed already when it was published
	err = s.write(p, f, chunk)
	after := before + int64(len(chunk))
	switch {
	case err != nil:
	case after < p.total:
		p.have.Store(after)
		at := time.UnixMicro(p.last.Load())
		return after, disk(os.Chtimes(path, at, at), "piece of %s", p.address)
	case proof.Hash(p.sum.Sum(nil)) != p.address:
		return 0, errors.Join(errs.New(errs.BlobMismatch, "%s from %s", p.address, p.from), s.drop(p))
	default:
		if err = s.publish(f, p.address); err == nil {
			return p.total, s.drop(p)
		}
	}
	// The piece is not kept: back to where we were, so that the sender can repeat it.
	p.sum = nil
	if terr := os.Truncate(path, before); terr != nil {
		return 0, errors.Join(err, s.drop(p))
	}
	return before, err
}

func (s *Store) write(p *partial, f *os.File, chunk []byte) error {
	have := p.have.Load()
	if p.sum == nil {
		p.sum = gm.NewSM3()
		if n, err := io.Copy(p.sum, io.NewSectionReader(f, 0, have)); err != nil || n != have {
			return errs.Wrap(errs.Unexpected, err, "%s: %d of %d bytes could be read again", p.address, n, have)
		}
	}
	if _, err := s.wrap(io.NewOffsetWriter(f, have)).Write(chunk); err != nil {
		return disk(err, "piece of %s", p.address)
	}
	_, _ = p.sum.Write(chunk) // a hash never fails
	return nil
}

// drop forgets a partial and its file. busy is held.
func (s *Store) drop(p *partial) error {
	p.gone = true
	s.mu.Lock()
	delete(s.partials, p.source)
	s.mu.Unlock()
	if err := os.Remove(s.partialPath(p)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return disk(err, "dropping %s", p.address)
	}
	return nil
}

// DropStale drops what has not grown or been asked for since before, and says how many. Its senders start again.
func (s *Store) DropStale(before time.Time) (int, error) {
	return s.dropIf(func(p *partial) bool { return p.last.Load() < before.UnixMicro() })
}

// dropIf drops the partials for which cond holds; cond is asked again when nobody writes to the partial any more.
func (s *Store) dropIf(cond func(*partial) bool) (n int, err error) {
	s.mu.Lock()
	var some []*partial
	for _, p := range s.partials {
		if cond(p) {
			some = append(some, p)
		}
	}
	s.mu.Unlock()
	for _, p := range some {
		p.busy.Lock()
		if !p.gone && cond(p) {
			err = errors.Join(err, s.drop(p))
			n++
		}
		p.busy.Unlock()
	}
	return n, err
}

// loadPartials takes up what was arriving when an earlier process ended. A file with a strange name, or as long as its
// total (the process ended before it could be checked), is dropped.
func (s *Store) loadPartials() error {
	entries, err := os.ReadDir(s.arriving())
	if err != nil {
		return disk(err, "opening the folder")
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return disk(err, "opening the folder")
		}
		if p, ok := parsePartial(e.Name()); ok && info.Size() < p.total {
			p.have.Store(info.Size())
			p.touch(info.ModTime())
			s.partials[p.source] = p
			continue
		}
		if err := os.Remove(filepath.Join(s.arriving(), e.Name())); err != nil {
			return disk(err, "opening the folder")
		}
	}
	return nil
}

func parsePartial(name string) (*partial, bool) {
	part := strings.Split(name, ".")
	if len(part) != 3 {
		return nil, false
	}
	address, err := proof.ParseHash(part[0])
	from := office.NodeID(part[1])
	total, err2 := strconv.ParseInt(part[2], 10, 64)
	return &partial{source: source{from, address}, total: total}, err == nil && err2 == nil && from.Known()
}
