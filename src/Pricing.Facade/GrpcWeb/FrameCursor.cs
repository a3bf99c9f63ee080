using System.Buffers.Binary;

namespace Pricing.Facade.GrpcWeb;

/// <summary>Follows length-prefixed frames through bytes that arrive in any portions, without holding them.</summary>
struct FrameCursor(long messageBytesMax)
{
    public const int HeaderBytes = 5;

    [System.Runtime.CompilerServices.InlineArray(HeaderBytes)]
    struct Header
    {
        byte _first;
    }

    Header _header;
    int _headerRead;
    long _payloadLeft;

    /// <summary>True between frames: an answer may only end here.</summary>
    public readonly bool AtBoundary => _headerRead == 0;

    /// <summary>Length of the longest leading part that belongs to one frame; <paramref name="endOfFrame"/> when it completes it.</summary>
    /// <returns>-1 when the frame announces more than the bound.</returns>
    public int Take(ReadOnlySpan<byte> bytes, out bool endOfFrame)
    {
        var taken = 0;
        if (_headerRead < HeaderBytes)
        {
            taken = Math.Min(HeaderBytes - _headerRead, bytes.Length);
            bytes[..taken].CopyTo(_header[_headerRead..]);
            _headerRead += taken;
            if (_headerRead < HeaderBytes)
            {
                endOfFrame = false;
                return taken;
            }
            _payloadLeft = BinaryPrimitives.ReadUInt32BigEndian(_header[1..]);
            if (_payloadLeft > messageBytesMax)
            {
                endOfFrame = false;
                return -1;
            }
        }
        var payload = (int)Math.Min(_payloadLeft, bytes.Length - taken);
        _payloadLeft -= payload;
        endOfFrame = _payloadLeft == 0;
        if (endOfFrame) _headerRead = 0;
        return taken + payload;
    }
}
