package main

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"math/big"
)

// Replay seals a value with its random numbers given: the text is the same every time. It is for
// comparing with vectors and nothing else.
func Replay(plaintext, label, contentKey, seed []byte, key *rsa.PublicKey) (string, error) {
	padded := pad(contentKey, label, seed, key.Size())
	exponent := big.NewInt(int64(key.E))
	wrapped := new(big.Int).Exp(new(big.Int).SetBytes(padded), exponent, key.N)
	return assemble(wrapped.FillBytes(make([]byte, key.Size())), contentKey, plaintext)
}

// pad does EME-OAEP (RFC 8017 section 7.1.1, step 2).
func pad(message, label, seed []byte, size int) []byte {
	padded := make([]byte, size)
	maskedSeed, block := padded[1:1+sha256.Size], padded[1+sha256.Size:]
	hash := sha256.Sum256(label)
	copy(block, hash[:])
	block[len(block)-len(message)-1] = 1
	copy(block[len(block)-len(message):], message)
	subtle.XORBytes(block, block, mask(seed, len(block)))
	subtle.XORBytes(maskedSeed, seed, mask(block, sha256.Size))
	return padded
}

// mask does MGF1 (RFC 8017 appendix B.2.1).
func mask(seed []byte, size int) (made []byte) {
	for counter := uint32(0); len(made) < size; counter++ {
		input := binary.BigEndian.AppendUint32(append([]byte(nil), seed...), counter)
		hash := sha256.Sum256(input)
		made = append(made, hash[:]...)
	}
	return made[:size]
}
