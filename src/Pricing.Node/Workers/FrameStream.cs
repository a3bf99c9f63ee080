using System.Buffers.Binary;

namespace Pricing.Node.Workers;

/// <summary>What a frame between node and worker holds. The two are always of one build: nothing here is a wire contract.</summary>
enum FrameKind : byte
{
    /// <summary>Worker: warm, and waiting for a job. Empty.</summary>
    Ready = 1,

    /// <summary>Node: a job. Threads as four bytes, then an Assign message.</summary>
    Assign,

    /// <summary>Worker: it has the job; from here on its death is the job's doing. Empty.</summary>
    Taken,

    /// <summary>Node: bytes of the file, in order.</summary>
    Bytes,

    /// <summary>Node: the file has ended. Empty.</summary>
    End,

    /// <summary>Node: nobody wants the job any more; the worker answers <see cref="Cancelled"/>. Both empty.</summary>
    Cancel,
    Cancelled,

    /// <summary>Worker: a Progress message, while it finishes.</summary>
    Progress,

    /// <summary>Worker: the outcome. A Measurement, a Failure, a reason to give the lease back, the text of an unexpected exception.</summary>
    Measured,
    Failed,
    Released,
    Crashed,
}

/// <summary>
/// Frames over a pair of pipes: one byte kind, four bytes length, payload. No float is ever written as text. A frame longer than its bound, or of
/// no known kind, is an <see cref="IOException"/>, as a closed pipe is.
/// </summary>
sealed class FrameStream(Stream input, Stream output) : IDisposable
{
    const int HeaderBytes = 5;

    readonly Lock _writing = new();
    byte[] _out = new byte[HeaderBytes + Limits.Wire.ChunkBytes];
    byte[] _in = new byte[HeaderBytes + Limits.Wire.ChunkBytes];

    /// <summary>Waits while the pipe is full. Any thread.</summary>
    public void Write(FrameKind kind, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > Limits.Wire.MessageBytesMax)
            throw new IOException($"A frame of {payload.Length} bytes is longer than {Limits.Wire.MessageBytesMax}.");
        lock (_writing)
        {
            // One write, so that the reader is woken once.
            var length = HeaderBytes + payload.Length;
            if (_out.Length < length)
                _out = new byte[length];
            _out[0] = (byte)kind;
            BinaryPrimitives.WriteInt32LittleEndian(_out.AsSpan(1), payload.Length);
            payload.CopyTo(_out.AsSpan(HeaderBytes));
            try
            {
                output.Write(_out, 0, length);
                output.Flush();
            }
            catch (ObjectDisposedException closed)
            {
                throw new IOException("The pipe was closed here.", closed);
            }
        }
    }

    /// <summary>The next frame, valid until the next call. One thread at a time.</summary>
    public FrameKind Read(out ReadOnlySpan<byte> payload)
    {
        Fill(HeaderBytes);
        var kind = (FrameKind)_in[0];
        var length = BinaryPrimitives.ReadInt32LittleEndian(_in.AsSpan(1));
        if (kind is < FrameKind.Ready or > FrameKind.Crashed || length is < 0 or > Limits.Wire.MessageBytesMax)
            throw new IOException($"No frame: kind {(int)kind}, {length} bytes.");
        if (_in.Length < length)
            _in = new byte[length];
        Fill(length);
        payload = _in.AsSpan(0, length);
        return kind;
    }

    void Fill(int length)
    {
        try
        {
            input.ReadExactly(_in, 0, length);
        }
        catch (ObjectDisposedException closed)
        {
            throw new IOException("The pipe was closed here.", closed);
        }
    }

    public void Dispose()
    {
        output.Dispose();
        input.Dispose();
    }
}
