/**
 * HTTP/1.1 byte for byte, from both ends: a client that can send half a request, and targets that can answer with half
 * a response.
 */
package dev.sluice.contract.wire;
