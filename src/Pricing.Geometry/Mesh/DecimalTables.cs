using System.Runtime.InteropServices;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// What <see cref="DecimalTriple"/> looks up, by the length n of a mantissa's text (its dot counted, its sign not) and the place k of the
/// dot in it (k = n: none). A kernel copies the pointers to locals: a static field would be checked for initialisation at every use.
/// </summary>
readonly unsafe struct DecimalTables
{
    /// <summary>n and k run from 0 to 16 characters; 17 stands for anything longer.</summary>
    public const int Row = 18;

    /// <summary>More digits may not fit the 53 bits of a double.</summary>
    public const int Digits = 15;

    /// <summary>Powers of ten up to this one are exact in a double.</summary>
    public const int ExactPower = 22;

    /// <summary>An exponent that no exponent written in the text (−99 to 99) brings back into the exact range.</summary>
    public const int NotThisWay = 127;

    /// <summary>16 bytes for each n and k: the shuffle that drops the dot and moves the digits to the right, zeros before them.</summary>
    public readonly byte* Shuffles;

    /// <summary>For each n and k: minus the digits after the dot, or <see cref="NotThisWay"/> when there are no digits or too many.</summary>
    public readonly sbyte* Exponents;

    /// <summary>Pairs for exponents −22..22: 10^e or, for a negative exponent, 1; and the same negated, for a minus sign.</summary>
    public readonly double* Times;

    /// <summary>For exponents −22..22: 10^−e for a negative exponent, else 1. A value is mantissa × Times ÷ Over: one of the two rounds, the other is exact.</summary>
    public readonly double* Over;

    DecimalTables(byte* memory)
    {
        Shuffles = memory;
        Times = (double*)(memory + 16 * Row * Row);
        Over = Times + 2 * (2 * ExactPower + 1);
        Exponents = (sbyte*)(Over + 2 * ExactPower + 1);
    }

    /// <summary>Lives as long as the process.</summary>
    public static DecimalTables Instance { get; } = Build();

    static DecimalTables Build()
    {
        var bytes = 16 * Row * Row + 3 * sizeof(double) * (2 * ExactPower + 1) + Row * Row;
        var tables = new DecimalTables((byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64));
        for (var n = 0; n < Row; n++)
            for (var k = 0; k < Row; k++)
            {
                var digits = k < n ? n - 1 : n;
                var fits = n < Row - 1 && digits is > 0 and <= Digits;
                tables.Exponents[n * Row + k] = (sbyte)(!fits ? NotThisWay : k < n ? k + 1 - n : 0);
                for (var i = 0; i < 16; i++)
                {
                    var digit = i - 16 + digits;
                    tables.Shuffles[16 * (n * Row + k) + i] = (byte)(!fits || digit < 0 ? 0x80 : digit < k ? digit : digit + 1);
                }
            }
        var power = 1.0;
        for (var e = 0; e <= ExactPower; e++, power *= 10)
        {
            (tables.Over[ExactPower + e], tables.Over[ExactPower - e]) = (1, power);
            (tables.Times[2 * (ExactPower - e)], tables.Times[2 * (ExactPower - e) + 1]) = (1, -1);
            (tables.Times[2 * (ExactPower + e)], tables.Times[2 * (ExactPower + e) + 1]) = (power, -power);
        }
        return tables;
    }
}
