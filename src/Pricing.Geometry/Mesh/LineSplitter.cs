namespace Pricing.Geometry.Mesh;

/// <summary>
/// Cuts pushed bytes into lines ended by LF, CR or CR LF. Only a line that spans two pushes is copied; no line may be longer than
/// <c>Limits.Mesh.TextLineBytesMax</c>, however the file is chunked.
/// </summary>
/// <param name="joinsBackslash">A backslash at the end of a line joins the next one (OBJ).</param>
sealed class LineSplitter(bool joinsBackslash = false)
{
    byte[] _carry = new byte[256];
    int _carried;
    bool _carryHandedOut;
    bool _afterCr;

    /// <summary>Number of the line last answered, from 1, as an editor counts.</summary>
    public long Number { get; private set; }

    /// <summary>Bytes of the file consumed with the lines answered so far, terminators included.</summary>
    public long BytesTaken { get; private set; }

    /// <summary>The last line ended with CR, so an LF that follows belongs to it.</summary>
    public bool EndedWithCr => _afterCr;

    /// <summary>Takes the next line off the bytes; false when they ran out first (the rest is kept). The line holds until the next call.</summary>
    public bool TryTake(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> line)
    {
        DropCarryHandedOut();
        while (true)
        {
            EndCrLf(ref bytes);
            var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                Carry(bytes);
                bytes = default;
                line = default;
                return false;
            }
            _afterCr = bytes[end] == '\r';
            BytesTaken += end + 1;
            line = bytes[..end];
            bytes = bytes[(end + 1)..];
            if (_carried > 0)
            {
                Carry(line, uncounted: true);
                line = _carry.AsSpan(0, _carried);
                _carryHandedOut = true;
            }
            else if (line.Length > Limits.Mesh.TextLineBytesMax)
                throw TooLong();
            Number++;
            if (!joinsBackslash || !line.EndsWith((byte)'\\'))
                return true;
            JoinNext(line);
        }
    }

    /// <summary>
    /// True when the next byte begins a line. The caller may then read whole lines itself and say so by <see cref="Pass"/>. Like
    /// <see cref="TryTake"/>, it ends the life of the line answered before.
    /// </summary>
    public bool AtLineStart(ref ReadOnlySpan<byte> bytes)
    {
        DropCarryHandedOut();
        EndCrLf(ref bytes);
        return _carried == 0;
    }

    /// <summary>Takes whole lines off the bytes that the caller has read; none may be joined to the next.</summary>
    public void Pass(ref ReadOnlySpan<byte> bytes, int count, long lines)
    {
        bytes = bytes[count..];
        BytesTaken += count;
        Number += lines;
    }

    /// <summary>The last line, when the file does not end with a terminator.</summary>
    public bool TryTakeLast(out ReadOnlySpan<byte> line)
    {
        var left = !_carryHandedOut && _carried > 0;
        line = left ? _carry.AsSpan(0, _carried) : default;
        if (left)
            Number++;
        _carried = 0;
        return left;
    }

    void DropCarryHandedOut()
    {
        if (_carryHandedOut)
        {
            _carried = 0;
            _carryHandedOut = false;
        }
    }

    /// <summary>An LF that begins the bytes after a CR that ended the line belongs to that line.</summary>
    void EndCrLf(ref ReadOnlySpan<byte> bytes)
    {
        if (!_afterCr || bytes.IsEmpty)
            return;
        if (bytes[0] == '\n')
        {
            bytes = bytes[1..];
            BytesTaken++;
        }
        _afterCr = false;
    }

    void JoinNext(ReadOnlySpan<byte> line)
    {
        if (!_carryHandedOut)
            Carry(line, uncounted: true);
        _carryHandedOut = false;
        _carry[_carried - 1] = (byte)' ';
    }

    void Carry(ReadOnlySpan<byte> bytes, bool uncounted = false)
    {
        if (!uncounted)
            BytesTaken += bytes.Length;
        if (bytes.Length > Limits.Mesh.TextLineBytesMax - _carried)
            throw TooLong();
        if (_carried + bytes.Length > _carry.Length)
            Array.Resize(ref _carry, Math.Min(Limits.Mesh.TextLineBytesMax, Math.Max(2 * _carry.Length, _carried + bytes.Length)));
        bytes.CopyTo(_carry.AsSpan(_carried));
        _carried += bytes.Length;
    }

    MeshFormatException TooLong() => new("TEXT_LINE_TOO_LONG", "A line of the file is too long.", $"line {Number + 1}",
        $"{Limits.Mesh.TextLineBytesMax} bytes", $"more than {Limits.Mesh.TextLineBytesMax} bytes");
}
