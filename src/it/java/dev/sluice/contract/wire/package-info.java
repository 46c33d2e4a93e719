/** HTTP/1.1 byte for byte, from both ends: a client that may send half a request, and targets that may answer half of one. */
package dev.sluice.contract.wire;
