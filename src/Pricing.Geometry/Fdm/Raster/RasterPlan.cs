namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// The grid all layers share: cells of about 0.4 mm in a frame turned so that rows run along the infill direction. A cell holds the signed
/// distance of its centre to the contour in quanta, <see cref="Levels"/> quanta to the cell, inside positive, cut off at ±127.
/// The infill depth is a whole number of quanta, so the region that decides most has no rounding of its own.
/// </summary>
sealed class RasterPlan
{
    /// <summary>Cells per vector of bytes: rows are whole vectors.</summary>
    public const int Block = 32;

    /// <summary>Cells of empty margin around the part.</summary>
    const int Margin = 3;

    /// <summary>Cell size over line width: 0.4 mm for 0.45 mm lines.</summary>
    const double CellPerWidth = 0.4 / 0.45;

    public double CellMm { get; }

    /// <summary>Quanta per cell: even, 32 unless walls reach so deep that bytes would not hold them.</summary>
    public int Levels { get; }
    public double QuantaPerMm { get; }

    /// <summary>Infill depth in quanta.</summary>
    public int InfillQuanta { get; }

    /// <summary>Blocks per row.</summary>
    public int Blocks { get; }
    public int Columns { get; }
    public int Rows { get; }
    public int Cells => Columns * Rows;

    /// <summary>Corner of cell (0, 0) in the turned frame, and the point of the part about which it is turned.</summary>
    public double OriginX { get; }
    public double OriginY { get; }
    public double PivotX { get; }
    public double PivotY { get; }
    public double Cos { get; }
    public double Sin { get; }
    public double DiagonalMm { get; }

    /// <summary>Distances beyond this are not computed; they count as 127 quanta.</summary>
    public double BandMm { get; }

    /// <summary>Largest distance a byte holds.</summary>
    public double ReachMm => 127 / QuantaPerMm;

    public RasterPlan(FdmProfile profile, in Beads beads, in PlanBox box)
    {
        var width = profile.ExtrusionWidthMm;
        var cell = CellPerWidth * width;
        Cos = Motion.Cos(profile.FillAngleDegrees * (Math.PI / 180));
        Sin = Motion.Sin(profile.FillAngleDegrees * (Math.PI / 180));
        PivotX = 0.5 * (box.MinX + box.MaxX);
        PivotY = 0.5 * (box.MinY + box.MaxY);
        double sizeX = box.MaxX - box.MinX, sizeY = box.MaxY - box.MinY;
        DiagonalMm = Math.Sqrt(sizeX * sizeX + sizeY * sizeY);
        var turnedX = Math.Abs(Cos) * sizeX + Math.Abs(Sin) * sizeY;
        var turnedY = Math.Abs(Sin) * sizeX + Math.Abs(Cos) * sizeY;
        while (true)
        {
            // Bytes must hold the depth of the walls and a little more.
            var deepest = beads.CoreMm + 0.65 * width;
            Levels = Math.Min(32, (int)(127 * cell / deepest) & ~1);
            if (Levels < 4)
                Levels = 4;
            InfillQuanta = Math.Max(1, (int)Math.Round(beads.InfillMm * Levels / cell));
            if (beads.InfillMm * Levels / cell >= 8)
                cell = beads.InfillMm * Levels / InfillQuanta;
            CellMm = cell;
            QuantaPerMm = Levels / cell;
            Columns = ((int)Math.Ceiling(turnedX / cell) + 2 * Margin + Block - 1) / Block * Block;
            Rows = (int)Math.Ceiling(turnedY / cell) + 2 * Margin;
            Blocks = Columns / Block;
            if ((long)Columns * Rows <= Limits.Fdm.RasterCellsMax)
                break;
            cell *= 1.1;
        }
        OriginX = -0.5 * turnedX - Margin * cell;
        OriginY = -0.5 * turnedY - Margin * cell;
        BandMm = Math.Min(ReachMm, beads.InfillMm + 0.5 * cell + width);
    }

    /// <summary>Rounds a depth to quanta.</summary>
    public int Quanta(double mm) => (int)Math.Round(mm * QuantaPerMm);
}

/// <summary>Extent of the part in plan, mm.</summary>
readonly record struct PlanBox(double MinX, double MinY, double MaxX, double MaxY);
