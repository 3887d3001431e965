package node

import (
	"context"
	"io"

	"tongban/internal/adapter/blobs"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/office"
	"tongban/internal/proof"
)

// files speaks the chunk protocol of the attachment store for the post room, and hands plain files to the faces.
type files struct{ store *blobs.Store }

// Push offers a blob piece by piece.
func (f files) Push(ctx context.Context, address proof.Hash, send func(ctx context.Context, piece []byte) ([]byte, error)) error {
	return f.store.Push(ctx, func(ctx context.Context, c blobs.Chunk) (int64, error) {
		piece, err := blobs.EncodeChunk(c)
		if err != nil {
			return 0, err
		}
		answer, err := send(ctx, piece)
		if err != nil {
			return 0, err
		}
		return blobs.DecodeHave(answer)
	}, address)
}

// Take stores a piece that another node offers.
func (f files) Take(ctx context.Context, from office.NodeID, piece []byte) ([]byte, error) {
	c, err := blobs.DecodeChunk(piece)
	if err != nil {
		return nil, err
	}
	have, err := f.store.Append(ctx, from, c.Address, c.Offset, c.Total, c.Data)
	if err != nil {
		return nil, err
	}
	return blobs.EncodeHave(have), nil
}

// Have tells how much of a blob is here.
func (f files) Have(address proof.Hash) (int64, bool) { return f.store.Have(address) }

// Put stores an upload, encrypted under a key of its own.
func (f files) Put(ctx context.Context, r io.Reader) (exchange.File, error) {
	ref, err := f.store.Put(ctx, r)
	return exchange.File{Address: ref.Address, Key: ref.Key, Size: ref.Size, Cipher: ref.Cipher}, err
}

// Read writes the plain file.
func (f files) Read(ctx context.Context, file exchange.File, w io.Writer) error {
	return f.store.Read(ctx, blobs.Ref{Address: file.Address, Key: file.Key, Size: file.Size, Cipher: file.Cipher}, w)
}

// Remove deletes a file that nothing refers to any more.
func (f files) Remove(file exchange.File) error { return f.store.Remove(file.Address) }
