namespace Pricing.Geometry.Mesh;

/// <summary>CRC-32 as zip uses it (IEEE 802.3, reflected), eight bytes a step by eight tables.</summary>
static class Crc32
{
    public const uint Begin = 0xFFFFFFFF;

    static readonly uint[] Tables = BuildTables();

    public static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        var t = Tables;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = t[7 * 256 + (bytes[0] ^ (crc & 0xFF))] ^ t[6 * 256 + (bytes[1] ^ ((crc >> 8) & 0xFF))]
                ^ t[5 * 256 + (bytes[2] ^ ((crc >> 16) & 0xFF))] ^ t[4 * 256 + (bytes[3] ^ (crc >> 24))]
                ^ t[3 * 256 + bytes[4]] ^ t[2 * 256 + bytes[5]] ^ t[256 + bytes[6]] ^ t[bytes[7]];
        foreach (var b in bytes)
            crc = t[(crc ^ b) & 0xFF] ^ (crc >> 8);
        return crc;
    }

    public static uint End(uint crc) => ~crc;

    static uint[] BuildTables()
    {
        var tables = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
                value = (value >> 1) ^ ((value & 1) * 0xEDB88320);
            tables[i] = value;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = tables[tables[i - 256] & 0xFF] ^ (tables[i - 256] >> 8);
        return tables;
    }
}
